import Tokenization

/// A row as an encoder takes it: of texts `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`.
public struct EncodedRow: Sendable, Equatable {
    public let ids: [Int32]
    public let segments: [Int32]
    /// As of `TaskRow`.
    public let target: [Float]
    /// Of words where in `ids` the first token of each is, ascending; empty of texts.
    public let words: [Int32]
    /// Whether tokens were cut off.
    public let isTruncated: Bool

    public init(
        ids: [Int32], segments: [Int32], target: [Float], words: [Int32] = [], isTruncated: Bool = false
    ) {
        (self.ids, self.segments, self.target) = (ids, segments, target)
        (self.words, self.isTruncated) = (words, isTruncated)
    }

    /// The same of a model that does not tell the texts of a pair apart.
    public var inOneSegment: EncodedRow {
        EncodedRow(ids: ids, segments: ids.map { _ in 0 }, target: target, words: words, isTruncated: isTruncated)
    }
}

extension TaskRow {
    /// Encodes the row to at most `length` tokens; of two texts the longer is cut first, and the odd token is its own, the second's of
    /// two equally long ones (`longest_first` of the tokenizers library, as transformers cuts).
    public func encoded(_ tokenizer: any Tokenizer, length: Int) -> EncodedRow {
        var parts = texts.map(tokenizer.encode)
        let room = length - 1 - parts.count
        let isTruncated = parts.reduce(0) { $0 + $1.count } > room
        if isTruncated, parts.count == 2 {
            let (long, short) = parts[0].count > parts[1].count ? (0, 1) : (1, 0)
            parts[short] = Array(parts[short].prefix(room / 2))
            parts[long] = Array(parts[long].prefix(room - parts[short].count))
        } else if isTruncated {
            parts[0] = Array(parts[0].prefix(room))
        }
        var (ids, segments) = ([tokenizer.special.classification], [Int32(0)])
        for (index, part) in parts.enumerated() {
            ids += part + [tokenizer.special.separator]
            segments += Array(repeating: Int32(index), count: part.count + 1)
        }
        return EncodedRow(ids: ids, segments: segments, target: target, isTruncated: isTruncated)
    }
}
