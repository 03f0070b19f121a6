#if MPI
    /// What ranks of one host need no messages for.
    extension MPICommunicator {
        /// The ranks of every host, in order; each alone on one where some cannot look into the memory of all others, as from
        /// another container.
        ///
        /// - Parameter gather: the texts that every rank gives.
        static func circles(of hosts: [String], _ rank: Int, _ gather: (String) -> [String]) -> [[Int]] {
            let (file, sign) = (MemoryFile(bytes: 8), UInt64.random(in: .min ... .max))
            if let memory = file?.map() {
                memory.storeBytes(of: sign, as: UInt64.self)
                MemoryFile.unmap(memory)
            }
            let (names, signs) = (gather(file?.name ?? ""), gather("\(sign)"))
            let sees = hosts.indices.allSatisfy { other in
                hosts[other] != hosts[rank] || Self.sign(in: names[other]).map { "\($0)" } == signs[other]
            }
            let see = gather(sees ? "all" : "some").map { $0 == "all" }
            file?.close()
            let circles = Dictionary(grouping: hosts.indices) { hosts[$0] }.values.flatMap { ranks in
                ranks.allSatisfy { see[$0] } ? [ranks] : ranks.map { [$0] }
            }
            return circles.sorted { $0[0] < $1[0] }
        }

        private static func sign(in name: String) -> UInt64? {
            guard let file = MemoryFile(of: name) else { return nil }
            defer { file.close() }
            guard let memory = file.map() else { return nil }
            defer { MemoryFile.unmap(memory) }
            return memory.load(as: UInt64.self)
        }

        func sharedMemory(_ bytes: Int) -> SharedMemory {
            let circle = circle
            // One that is alone may be where no such files are.
            let file = circle.count > 1 ? MemoryFile(bytes: bytes) : nil
            let names = gather(file?.name ?? "")
            var pieces: [Int: UnsafeMutableRawBufferPointer] = [:]
            for other in circle where circle.count > 1 {
                let its = other == rank ? file : MemoryFile(of: names[other])
                guard let piece = its?.map() else {
                    wire.fail(
                        "out of memory, or of open files: rank \(other) of this host has some that cannot be mapped here "
                            + "(process, descriptor, bytes: \(names[other]))", code: 1)
                }
                pieces[other] = piece
                if other != rank { its?.close() }
            }
            // Until all have found it.
            meet()
            guard let file else { return SharedMemory(of: rank, bytes: bytes) }
            file.close()
            return SharedMemory(pieces) { [pieces] in pieces.values.forEach(MemoryFile.unmap) }
        }
    }
#endif
