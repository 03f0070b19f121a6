import Tasks
import Tokenization

/// An entity of a text, where it stands there.
public struct FoundEntity: Encodable, Equatable, Sendable {
    public let type: String
    public let text: String
    /// In bytes of the text's UTF-8, `end` behind the last.
    public let start: Int
    public let end: Int
    /// The mean over its words of what their tags have, as of transformers' token-classification pipeline.
    public let probability: Float
}

/// An answer to a line.
struct FoundEntities: Encodable {
    let entities: [FoundEntity]
}

extension SavedClassifier {
    /// The entities of texts, whose words are those of the tokenizer; a text of more than `length` tokens is read in pieces.
    ///
    /// - Throws: `CheckpointError` where the model gives no finite numbers.
    public func entities(_ texts: [String]) throws -> [[FoundEntity]] {
        let words = texts.map { text in (utf8: Array(text.utf8), ranges: tokenizer.words(of: text)) }
        let sentences = words.map { utf8, ranges in
            EncodedSentence(
                TaskRow(texts: ranges.map { String(decoding: utf8[$0], as: UTF8.self) }), tokenizer, length: length)
        }
        var logits = try logits(sentences.flatMap(\.pieces)).makeIterator()
        return zip(words, sentences).map { words, sentence in
            let row = sentence.pieces.indices.flatMap { _ in logits.next() ?? [] }
            let (tags, probabilities) = (target.prediction(row).map(Int.init), target.probabilities(row))
            return Entity.all(in: tags.map { target.labels[$0] }).map { entity in
                let range =
                    words.ranges[entity.words.lowerBound]
                    .lowerBound..<words.ranges[entity.words.upperBound - 1].upperBound
                let sum = entity.words.reduce(0) { $0 + probabilities[$1 * target.outputs + tags[$1]] }
                return FoundEntity(
                    type: entity.type, text: String(decoding: words.utf8[range], as: UTF8.self),
                    start: range.lowerBound,
                    end: range.upperBound, probability: Float(sum / Double(entity.words.count)))
            }
        }
    }
}
