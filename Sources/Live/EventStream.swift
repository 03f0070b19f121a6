import FlyingSocks
import Foundation

/// Server-sent events: the parts of a page, then those that have changed, every second (HTML Standard, section 9.2).
struct EventStream: AsyncBufferedSequence {
    typealias Element = UInt8

    let page: LivePage

    func makeAsyncIterator() -> Iterator { Iterator(page: page) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        let page: LivePage
        private var sent: [String: String] = [:]
        private var rest: ArraySlice<UInt8> = []
        /// Seconds without an event.
        private var silence = 0

        init(page: LivePage) { self.page = page }

        mutating func next() async throws -> UInt8? {
            if rest.isEmpty { rest = try await events()[...] }
            return rest.popFirst()
        }

        mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
            defer { rest = [] }
            return rest.isEmpty ? try await events() : Array(rest)
        }

        /// The next events, or a comment now and then, by which a client that has left is noticed.
        private mutating func events() async throws -> [UInt8] {
            while true {
                if !sent.isEmpty { try await Task.sleep(for: .seconds(1)) }
                silence += 1
                let parts = await page.look().filter { sent[$0.id] != $0.html }
                guard !parts.isEmpty || silence >= 15 else { continue }
                silence = 0
                for part in parts { sent[part.id] = part.html }
                return Array((parts.isEmpty ? ":\n\n" : parts.map(Self.event).joined()).utf8)
            }
        }

        private static func event(_ part: LivePage.Part) -> String {
            let lines = part.html.split(omittingEmptySubsequences: false) { $0.isNewline }
            return "event: \(part.id)\n" + lines.map { "data: \($0)\n" }.joined() + "\n"
        }
    }
}
