import Foundation

/// Pulls paragraph after paragraph through text files; blank lines, which end documents, are left out.
public final class ParagraphReader {
    private var urls: [URL]
    private var lines: TextLines?
    /// Paragraphs that are still to come, and how many of them are taken; nil where all are.
    private var choice: (left: Int, wanted: Int, random: RandomSequence)?
    private let totalBytes: Int
    /// Of the files that were read to their end.
    private var endedBytes = 0

    /// All paragraphs.
    public init(_ text: TextFiles) {
        urls = text.urls.reversed()
        totalBytes = text.bytes
    }

    /// The share of the text that was read.
    public var share: Double { Double(endedBytes + (lines?.bytesRead ?? 0)) / Double(max(1, totalBytes)) }

    /// At most `count` paragraphs, drawn evenly from all of the text, the same at any time (Knuth, volume 2, 3.4.2, algorithm S): every
    /// k-th would be titles alone where titles and texts take turns.
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
        if total > count { choice = (total, count, RandomSequence(0x7061_7261)) }
    }

    /// The next paragraph, or nil at the end.
    ///
    /// - Throws: `CorpusError` where the file is damaged or not UTF-8.
    public func next() throws -> String? {
        while let paragraph = try nextParagraph() {
            guard var (left, wanted, random) = choice else { return paragraph }
            let isTaken = random.uniform() * Double(left) < Double(wanted)
            (left, wanted) = (left - 1, wanted - (isTaken ? 1 : 0))
            choice = (left, wanted, random)
            if isTaken { return paragraph }
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
