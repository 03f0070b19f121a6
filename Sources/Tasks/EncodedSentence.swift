import Tokenization

/// The words of a sentence as an encoder takes them: `[CLS] … [SEP]`, each word encoded alone, in one piece or, where it would be
/// longer than that, in several of whole words and nearly equal length.
public struct EncodedSentence: Sendable, Equatable {
    public let pieces: [EncodedRow]
    /// Words without any token, each of which is read as the unknown one.
    public let unreadable: Int

    /// - Parameters:
    ///   - row: whose texts are the words.
    ///   - length: most tokens of a piece; a word that is longer loses the end that no tag stands at.
    public init(_ row: TaskRow, _ tokenizer: any Tokenizer, length: Int) {
        let (special, room) = (tokenizer.special, max(1, length - 2))
        let words = row.texts.map { Array(tokenizer.encode($0).prefix(room)) }
        unreadable = words.count(where: \.isEmpty)
        let tokens = words.map { $0.isEmpty ? [special.unknown] : $0 }
        pieces = Self.cut(tokens.map(\.count), room: room).map { part in
            var (ids, places) = ([special.classification], [Int32]())
            for word in tokens[part] {
                places.append(Int32(ids.count))
                ids += word
            }
            ids.append(special.separator)
            return EncodedRow(
                ids: ids, segments: ids.map { _ in 0 }, target: row.target.isEmpty ? [] : Array(row.target[part]),
                words: places)
        }
    }

    /// Ranges of words of these lengths: as few as hold `room` tokens at most, and the longest as short as so few can be.
    private static func cut(_ lengths: [Int], room: Int) -> [Range<Int>] {
        var parts = filled(lengths, room)
        guard parts.count > 1 else { return parts }
        var (low, high) = (lengths.max() ?? 1, room)
        while low < high {
            let middle = (low + high) / 2
            let other = filled(lengths, middle)
            if other.count > parts.count { low = middle + 1 } else { (high, parts) = (middle, other) }
        }
        return parts
    }

    /// Each takes the words that it has room for.
    private static func filled(_ lengths: [Int], _ room: Int) -> [Range<Int>] {
        var (parts, start, tokens) = ([Range<Int>](), 0, 0)
        for (index, length) in lengths.enumerated() {
            if tokens + length > room, start < index {
                parts.append(start..<index)
                (start, tokens) = (index, 0)
            }
            tokens += length
        }
        return start < lengths.count ? parts + [start..<lengths.count] : parts
    }
}
