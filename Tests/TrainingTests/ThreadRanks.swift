import Communication
import Foundation

/// Ranks that are threads of one process, which meet at a table.
final class ThreadRanks: Communicator {
    let rank: Int
    let size: Int
    let hosts: [String]
    let circles: [[Int]]
    private let table: Table

    /// What the ranks have laid down; the last to come turns the page.
    private final class Table: @unchecked Sendable {
        private let condition = NSCondition()
        private var pages: [Int: [[UInt8]]] = [:]
        private var page = 0
        private var letters: [Letter: [[UInt8]]] = [:]
        private var bytes: [Int: Int] = [:]
        private var memory: [UnsafeMutableRawBufferPointer] = []

        struct Letter: Hashable { let from, to, tag: Int }

        func gather(_ bytes: [UInt8], _ rank: Int, of size: Int) -> [[UInt8]] {
            condition.withLock {
                let (own, place) = (page, rank)
                pages[own, default: Array(repeating: [], count: size + 1)][place] = bytes
                pages[own]?[size].append(0)
                if pages[own]?[size].count == size {
                    page += 1
                    condition.broadcast()
                }
                while page == own { condition.wait() }
                return Array(pages[own, default: []].dropLast())
            }
        }

        func send(_ bytes: [UInt8], _ letter: Letter) {
            condition.withLock {
                letters[letter, default: []].append(bytes)
                self.bytes[letter.from, default: 0] += bytes.count
            }
        }

        /// The pieces of a memory, each allocated once; they stay, for threads end in any order.
        func keep(_ bytes: Int) -> Int {
            let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes), alignment: 64)
            piece.initializeMemory(as: UInt8.self, repeating: 0)
            condition.withLock { memory.append(piece) }
            return Int(bitPattern: piece.baseAddress)
        }

        deinit { memory.forEach { $0.deallocate() } }

        func bytes(from rank: Int) -> Int { condition.withLock { bytes[rank, default: 0] } }

        func take(_ letter: Letter) -> [UInt8]? {
            condition.withLock {
                guard let first = letters[letter]?.first else { return nil }
                letters[letter]?.removeFirst()
                return first
            }
        }
    }

    /// What is sent lies on the table at once; what is to be received is looked for there, in order.
    private final class Letters: Transfers {
        private let rank: Int
        private let table: Table
        private var begun = 0
        private var sent: [Int] = []
        private var awaited: [(number: Int, message: Message, letter: Table.Letter)] = []

        init(_ rank: Int, _ table: Table) { (self.rank, self.table) = (rank, table) }

        var isEmpty: Bool { sent.isEmpty && awaited.isEmpty }

        func send(_ message: Message, tag: Int) -> Int {
            table.send(Array(message.bytes), Table.Letter(from: rank, to: message.rank, tag: tag))
            sent.append(begun)
            begun += 1
            return begun - 1
        }

        func receive(_ message: Message, tag: Int) -> Int {
            awaited.append((begun, message, Table.Letter(from: message.rank, to: rank, tag: tag)))
            begun += 1
            return begun - 1
        }

        func arrived() -> [Int] {
            defer { sent = [] }
            // One that comes meanwhile is for the first that misses it.
            var (come, missed) = ([Int](), Set<Table.Letter>())
            awaited.removeAll { number, message, letter in
                guard !missed.contains(letter), let bytes = table.take(letter) else {
                    missed.insert(letter)
                    return false
                }
                precondition(bytes.count == message.bytes.count, "\(bytes.count) bytes for \(message.bytes.count)")
                message.bytes.copyBytes(from: bytes)
                come.append(number)
                return true
            }
            return sent + come
        }
    }

    /// Bytes of the messages that this rank has begun to send.
    var bytesSent: Int { table.bytes(from: rank) }

    private init(_ rank: Int, of size: Int, _ circles: [[Int]], _ table: Table) {
        (self.rank, self.size, self.circles, self.table) = (rank, size, circles, table)
        hosts = Array(repeating: "here", count: size)
    }

    /// What `body` gives on every one of so many ranks.
    ///
    /// - Parameter circle: so many neighbours see one another's memory.
    static func run<Result: Sendable>(
        _ size: Int, circle: Int = 1, _ body: @escaping @Sendable (ThreadRanks) -> Result
    ) -> [Result] {
        let table = Table()
        let results = Results<Result>(size)
        let circles = stride(from: 0, to: size, by: circle).map { Array($0..<min($0 + circle, size)) }
        let threads = (0..<size).map { rank in
            Thread { results.put(body(ThreadRanks(rank, of: size, circles, table)), at: rank) }
        }
        for thread in threads {
            thread.stackSize = 8 << 20
            thread.start()
        }
        return results.all()
    }

    private final class Results<Result: Sendable>: @unchecked Sendable {
        private let condition = NSCondition()
        private var values: [Int: Result] = [:]
        private let count: Int

        init(_ count: Int) { self.count = count }

        func put(_ value: Result, at rank: Int) {
            condition.withLock {
                values[rank] = value
                condition.broadcast()
            }
        }

        func all() -> [Result] {
            condition.withLock {
                while values.count < count { condition.wait() }
                return (0..<count).compactMap { values[$0] }
            }
        }
    }

    func gather(_ bytes: [UInt8]) -> [[UInt8]] { table.gather(bytes, rank, of: size) }

    func sharedMemory(_ bytes: Int) -> SharedMemory {
        let own = [table.keep(bytes), bytes]
        let all = gather(own)
        return SharedMemory(
            circle.reduce(into: [:]) { pieces, other in
                pieces[other] = UnsafeMutableRawBufferPointer(
                    start: UnsafeMutableRawPointer(bitPattern: all[other][0]), count: all[other][1])
            }
        ) {}
    }

    func transfers() -> (any Transfers)? { Letters(rank, table) }

    func remember(_ wayOn: String) {}
    func end(_ error: String, code: Int32, say: (String) -> Void) -> Int32 { code }
}
