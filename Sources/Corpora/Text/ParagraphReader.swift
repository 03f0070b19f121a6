import Foundation

/// Pulls paragraph after paragraph through text files; blank lines, which end documents, are left out.
public final class ParagraphReader {
    private var urls: [URL]
    private var lines: TextLines?
    private let step: Int
    private var index = -1
    private let totalBytes: Int
    /// Of the files that were read to their end.
    private var endedBytes = 0

    /// All paragraphs.
    public init(_ text: TextFiles) {
        urls = text.urls.reversed()
        step = 1
        totalBytes = text.bytes
    }

    /// The share of the text that was read.
    public var share: Double { Double(endedBytes + (lines?.bytesRead ?? 0)) / Double(max(1, totalBytes)) }

    /// At most `count` paragraphs, every k-th of the text, so that a vocabulary sees all of it.
    ///
    /// - Parameter progress: hears of the share of the text that was counted.
    public init(_ text: TextFiles, atMost count: Int, progress: (Double) -> Void = { _ in }) throws {
        let all = ParagraphReader(text)
        var total = 0
        while try all.next() != nil {
            total += 1
            if total % 1024 == 0 { progress(all.share) }
        }
        totalBytes = text.bytes
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
            endedBytes += lines?.bytesRead ?? 0
            lines = nil
            guard let url = urls.popLast() else { return nil }
            lines = try TextLines(url)
        }
    }
}
