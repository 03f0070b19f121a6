#if MPI
    import CMPI
    import Foundation

    /// The ranks of a job of MPI.
    final class MPICommunicator: Communicator {
        let rank: Int
        let size: Int
        let hosts: [String]
        let wire: MPIWire
        /// Of those that share memory.
        private let seen: [[Int]]
        /// Of those on this host; nil where they may be gone.
        private let watch: PeerWatch?

        private static let (work, ending) = (Int32(CMPI_WORK), Int32(CMPI_END))
        /// How long a rank that fails waits for the others to fail too, as they do where all find the same fault.
        private static let patience = Duration.seconds(2)
        /// How errors begin.
        private static let mark = "Error: "
        /// Bytes of an error, and the exit code before it.
        private static let longest = 4096

        init() {
            let wire = MPIWire()
            let hosts = Self.gather(wire.host, wire)
            let pids = Self.gather("\(ProcessInfo.processInfo.processIdentifier)", wire).map { Int32($0) ?? 0 }
            (self.wire, rank, size, self.hosts) = (wire, wire.rank, wire.size, hosts)
            seen = Self.circles(of: hosts, wire.rank) { Self.gather($0, wire) }
            // Of a rank of this host that shares no memory, the number may be a stranger's, of another container.
            let near = seen.first { $0.contains(wire.rank) } ?? []
            watch = PeerWatch(near.map { ($0, pids[$0]) }, on: wire)
        }

        /// Those that are left.
        private init(_ wire: MPIWire) {
            hosts = Self.gather(wire.host, wire)
            (self.wire, rank, size, watch) = (wire, wire.rank, wire.size, nil)
            seen = []
        }

        /// Where one may be gone, each alone: what it leaves behind half done would be everyone's.
        var circles: [[Int]] { wire.elasticity.isOn ? (0..<size).map { [$0] } : seen }

        private static func gather(_ text: String, _ wire: MPIWire) -> [String] {
            gather(Array(text.utf8), wire).map { String(decoding: $0, as: UTF8.self) }
        }

        private static func gather(_ bytes: [UInt8], _ wire: MPIWire) -> [[UInt8]] {
            let length = MemoryLayout<Int>.size
            let own = withUnsafeBytes(of: bytes.count) { Array($0) }
            let counts = wire.gather(work, own, counts: Array(repeating: length, count: wire.size)) ?? []
            return wire.gather(
                work, bytes, counts: counts.map { $0.withUnsafeBytes { $0.loadUnaligned(as: Int.self) } })
                ?? []
        }

        func gather(_ bytes: [UInt8]) -> [[UInt8]] { Self.gather(bytes, wire) }

        func transfers() -> (any Transfers)? { MPITransfers(wire) }

        func remember(_ wayOn: String) { watch?.remember(wayOn) }

        func outlive() throws {
            guard cmpi_can_shrink() != 0 else {
                throw NotElastic(
                    problem: "\(MPIWire.library) ends all ranks where one is gone, or was not told otherwise",
                    wanted: "one with ULFM, such as Open MPI 5, and mpirun --with-ft ulfm")
            }
            wire.elasticity.begin()
            watch?.stop()
        }

        func check() throws { if wire.elasticity.isBroken { throw RankGone() } }

        func left() -> (ranks: any Communicator, gone: String)? {
            guard wire.elasticity.isBroken else { return nil }
            var left = MPICommunicator(MPIWire(isLeft: true))
            guard left.size < size else { wire.fail("MPI told ranks apart of which none is gone", code: 1) }
            var known = Set(left.gather([rank]).joined())
            // One more went meanwhile, and the others gave no answer.
            while left.wire.elasticity.isBroken {
                left = MPICommunicator(MPIWire(isLeft: true))
                known = Set(left.gather([rank]).joined())
            }
            let gone = hosts.indices.filter { !known.contains($0) }.map { "rank \($0) on \(hosts[$0])" }
            return (left, gone.joined(separator: ", "))
        }

        func end(_ error: String, code: Int32, say: (String) -> Void) -> Int32 {
            watch?.stop()
            let error = error.hasPrefix(Self.mark) ? String(error.dropFirst(Self.mark.count)) : error
            let text = Array(error.utf8.prefix(Self.longest - 1))
            let own =
                [UInt8(truncatingIfNeeded: code)] + text + Array(repeating: 0, count: Self.longest - 1 - text.count)
            let deadline = code == 0 ? nil : ContinuousClock.now + Self.patience
            let counts = Array(repeating: Self.longest, count: size)
            guard let ends = wire.gather(Self.ending, own, counts: counts, until: deadline) else {
                wire.fail(error, code: code)
            }
            let texts = ends.map { String(decoding: $0.dropFirst().prefix { $0 != 0 }, as: UTF8.self) }
            let isCommon = Set(texts).count == 1
            for (rank, text) in texts.enumerated() where isFirst && !text.isEmpty && (rank == 0 || !isCommon) {
                say(Self.mark + (isCommon ? text : "rank \(rank) on \(hosts[rank]): \(text)"))
            }
            let last = ends.map { Int32($0[0]) }.max() ?? code
            _ = cmpi_end(last)
            return last
        }
    }
#endif
