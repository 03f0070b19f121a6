import Foundation

/// Pulls paragraph after paragraph through text files; blank lines, which end documents, are left out.
public final class ParagraphReader {
    private var urls: [URL]
    private var lines: LineReader?
    private let step: Int
    private var index = -1

    /// All paragraphs.
    public init(_ text: TextFiles) {
        urls = text.urls.reversed()
        step = 1
    }

    /// At most `count` paragraphs, every k-th of the text, so that a vocabulary sees all of it.
    public init(_ text: TextFiles, atMost count: Int) throws {
        let all = ParagraphReader(text)
        var total = 0
        while try all.next() != nil { total += 1 }
        urls = text.urls.reversed()
        step = max(1, total / count + (total % count == 0 ? 0 : 1))
    }

    /// The next paragraph, or nil at the end.
    public func next() throws -> String? {
        while let paragraph = try nextParagraph() {
            index += 1
            if index % step == 0 { return paragraph }
        }
        return nil
    }

    private func nextParagraph() throws -> String? {
        while true {
            while let line = try lines?.next() {
                if !line.isEmpty { return line }
            }
            guard let url = urls.popLast() else { return nil }
            lines = try LineReader(url)
        }
    }
}
