#if MPI
    import CMPI
    import Foundation

    /// The calls of MPI, as one rank makes them. What MPI says against one ends the job, but where ranks go on without the others.
    struct MPIWire {
        let rank: Int
        let size: Int
        let host: String
        let elasticity: Elasticity

        /// The tag of what is gathered; those of transfers follow.
        private static let gathering: Int32 = 0

        static func tag(of transfer: Int) -> Int32 { gathering + 1 + Int32(transfer) }

        /// Joins the job, or what is left of it.
        init(isLeft: Bool = false) {
            elasticity = Elasticity(isOn: isLeft)
            let code = isLeft ? cmpi_shrink() : cmpi_begin()
            (rank, size) = (Int(cmpi_rank()), Int(cmpi_size()))
            var name = [UInt8](repeating: 0, count: 256)
            name.withUnsafeMutableBytes { bytes in
                _ = bytes.bindMemory(to: CChar.self).baseAddress.map { gethostname($0, bytes.count - 1) }
            }
            host = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
            if code != 0 { fail(code) }
        }

        /// What every rank gives, rank r so many bytes; nil where some have not until the deadline.
        func gather(
            _ channel: Int32, _ bytes: [UInt8], counts: [Int], until deadline: ContinuousClock.Instant? = nil
        ) -> [[UInt8]]? {
            if elasticity.isBroken { return Array(repeating: bytes, count: size) }
            let offsets = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
            let others = (0..<size).filter { $0 != rank }
            // Where nothing is, there is no place of it either.
            var (own, all) = (bytes + [0], [UInt8](repeating: 0, count: offsets[size] + 1))
            all.replaceSubrange(offsets[rank]..<offsets[rank + 1], with: bytes)
            // One by one as MPI's own would, whose errors end the process: CMPI.c.
            let isDone = own.withUnsafeMutableBytes { own in
                all.withUnsafeMutableBytes { all in
                    guard let from = own.baseAddress, let to = all.baseAddress else { return false }
                    var requests = others.map { other in
                        begin {
                            cmpi_receive(
                                channel, to + offsets[other], Int64(counts[other]), Int32(other), Self.gathering, &$0)
                        }
                    }
                    requests += others.map { other in
                        begin { cmpi_send(channel, from, Int64(counts[rank]), Int32(other), Self.gathering, &$0) }
                    }
                    return wait(for: &requests, until: deadline)
                }
            }
            if elasticity.isBroken { return Array(repeating: bytes, count: size) }
            return isDone ? (0..<size).map { Array(all[offsets[$0]..<offsets[$0 + 1]]) } : nil
        }

        func begin(_ call: (inout Int) -> Int32) -> Int {
            var request = 0
            if !elasticity.isBroken { check(call(&request)) }
            return request
        }

        /// Lets requests go on, and sets those to 0 that are done.
        func test(_ requests: inout [Int]) {
            if !elasticity.isBroken { check(cmpi_test(Int64(requests.count), &requests)) }
            if elasticity.isBroken { cmpi_settle(Int64(requests.count), &requests) }
        }

        /// Whether all are done until the deadline.
        private func wait(for requests: inout [Int], until deadline: ContinuousClock.Instant?) -> Bool {
            var wait = RankWait()
            while true {
                test(&requests)
                requests.removeAll { $0 == 0 }
                if requests.isEmpty { return true }
                if let deadline, ContinuousClock.now > deadline { return false }
                wait.note(isOver: false)
            }
        }

        private func check(_ code: Int32) { if code != 0, !elasticity.note(cmpi_revoke) { fail(code) } }

        private func fail(_ code: Int32) -> Never { fail("MPI: \(Self.text { cmpi_text(code, $0) })", code: 1) }

        /// What the MPI calls itself: `Open MPI v4.1.4`
        static var library: String { text(cmpi_library).split(separator: ",").first.map(String.init) ?? "" }

        private static func text(_ write: (UnsafeMutablePointer<CChar>) -> Void) -> String {
            var text = [UInt8](repeating: 0, count: Int(CMPI_TEXT))
            text.withUnsafeMutableBytes { bytes in
                bytes.bindMemory(to: CChar.self).baseAddress.map(write)
            }
            return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
        }

        /// Ends the job with a line that names this rank.
        func fail(_ text: String, code: Int32) -> Never {
            let line = "Error: rank \(rank) on \(host): \(text)\n"
            try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
            // Should MPI itself wait for one that is gone.
            alarm(3)
            cmpi_abort(code)
            _exit(code)
        }
    }

    /// Messages by MPI.
    final class MPITransfers: Transfers {
        private let wire: MPIWire
        /// Of what has not arrived yet.
        private var requests: [Int] = []
        private var numbers: [Int] = []
        private var begun = 0
        private let channel = Int32(CMPI_WORK)

        /// Bytes at once, whose count is a C int there.
        private static let longest = 1 << 30

        init(_ wire: MPIWire) { self.wire = wire }

        var isEmpty: Bool { requests.isEmpty }

        func send(_ message: Message, tag: Int) -> Int {
            begin(message) { cmpi_send(channel, $0, $1, Int32(message.rank), MPIWire.tag(of: tag), &$2) }
        }

        func receive(_ message: Message, tag: Int) -> Int {
            begin(message) { cmpi_receive(channel, $0, $1, Int32(message.rank), MPIWire.tag(of: tag), &$2) }
        }

        private func begin(
            _ message: Message, _ call: (UnsafeMutableRawPointer, Int64, inout Int) -> Int32
        ) -> Int {
            defer { begun += 1 }
            guard let start = message.bytes.baseAddress else { return begun }
            for first in stride(from: 0, to: message.bytes.count, by: Self.longest) {
                let count = min(Self.longest, message.bytes.count - first)
                requests.append(wire.begin { call(start + first, Int64(count), &$0) })
                numbers.append(begun)
            }
            return begun
        }

        func arrived() -> [Int] {
            wire.test(&requests)
            let done = Set(zip(requests, numbers).filter { $0.0 == 0 }.map(\.1))
            guard !done.isEmpty else { return [] }
            numbers = zip(requests, numbers).filter { $0.0 != 0 }.map(\.1)
            requests.removeAll { $0 == 0 }
            // A long message has several.
            return done.subtracting(numbers).sorted()
        }
    }
#endif
