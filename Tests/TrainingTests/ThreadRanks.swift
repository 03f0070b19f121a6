import Communication
import Foundation

/// Ranks that are threads of one process, which meet at a table.
final class ThreadRanks: Communicator {
    let rank: Int
    let size: Int
    let hosts: [String]
    private let table: Table

    /// What the ranks have laid down; the last to come turns the page.
    private final class Table: @unchecked Sendable {
        private let condition = NSCondition()
        private var pages: [Int: [[UInt8]]] = [:]
        private var page = 0
        private var letters: [[Int]: [[UInt8]]] = [:]

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

        func send(_ bytes: [UInt8], from: Int, to: Int) {
            condition.withLock {
                letters[[from, to], default: []].append(bytes)
                condition.broadcast()
            }
        }

        func receive(from: Int, to: Int) -> [UInt8] {
            condition.withLock {
                while letters[[from, to], default: []].isEmpty { condition.wait() }
                return letters[[from, to], default: []].removeFirst()
            }
        }
    }

    private init(_ rank: Int, of size: Int, _ table: Table) {
        (self.rank, self.size, self.table) = (rank, size, table)
        hosts = Array(repeating: "here", count: size)
    }

    /// What `body` gives on every one of so many ranks.
    static func run<Result: Sendable>(_ size: Int, _ body: @escaping @Sendable (ThreadRanks) -> Result) -> [Result] {
        let table = Table()
        let results = Results<Result>(size)
        let threads = (0..<size).map { rank in
            Thread { results.put(body(ThreadRanks(rank, of: size, table)), at: rank) }
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

    func exchange(sending: [Message], receiving: [Message]) {
        for message in sending { table.send(Array(message.bytes), from: rank, to: message.rank) }
        for message in receiving { message.bytes.copyBytes(from: table.receive(from: message.rank, to: rank)) }
    }

    func remember(_ wayOn: String) {}
    func end(_ error: String, code: Int32, say: (String) -> Void) -> Int32 { code }
}
