import Autograd
import Bert
import Corpora
import Foundation
import Tokenization

/// What a model puts in the place of masks in held-out text, for people who look on; a line of `metrics.jsonl`.
public struct FilledMasks: Sendable, Codable, Equatable {
    public private(set) var kind = Self.kind
    public let step: Int
    /// The same ones at every evaluation.
    public let texts: [[Part]]

    public static let kind = "filled"

    /// Text with the spaces around it, and the masked word behind it; none at the end.
    public struct Part: Sendable, Codable, Equatable {
        public var text: String
        public var mask: Mask?
    }

    public struct Mask: Sendable, Codable, Equatable {
        /// What stood there, and what the model thinks likeliest, with its probability.
        public let word, filled: String
        public let probability: Double
        public var isRight: Bool { word == filled }
    }
}

/// The likeliest word in one place.
struct FilledWord: BitwiseCopyable {
    let id: Int32
    let probability: Float
}

extension PretrainingObjective {
    /// The first 48 tokens of four of the examples, spread over all of them.
    public func filled(
        _ examples: [PretrainingExample], _ weights: ModelWeights, _ tokenizer: any Tokenizer
    ) -> [[FilledMasks.Part]] {
        let shown = stride(from: 0, to: examples.count, by: max(1, (examples.count + 3) / 4)).map { examples[$0] }
        let (length, mask) = (48, tokenizer.special.mask)
        var (ids, rows, labels) = ([Int32](), [Int32](), [Int32]())
        for example in shown {
            var own = Array(example.ids.prefix(length))
            for (position, label) in zip(example.maskedPositions, example.maskedLabels) where position < own.count {
                // Also where training lets the word stand or puts another there.
                own[Int(position)] = mask
                rows.append(Int32(ids.count) + position)
                labels.append(label)
            }
            ids += own
        }
        guard !rows.isEmpty else { return [] }
        let layout = BatchLayout(lengths: shown.map { min(length, $0.ids.count) })
        let tokens = PackedTokens(ids: ids, segments: shown.flatMap { $0.segments.prefix(length) }, layout: layout)
        let guesses = weights.infer([tokens]) { tokens, tape -> [FilledWord] in
            guard let logits = self.words(tokens, rows: rows, tape)?.value else { return [] }
            let (values, columns) = (logits.values, logits.columns)
            // Embeddings beyond the ids are of no word.
            return rows.indices.map { Self.likeliest(values[($0 * columns)...].prefix(tokenizer.vocabularySize)) }
        }[0]
        guard !guesses.isEmpty else { return [] }
        var masks = zip(labels, guesses).makeIterator()
        return (0..<layout.count).map { parts(of: ids[layout.rows($0)], &masks, tokenizer) }
    }

    private func parts(
        of ids: ArraySlice<Int32>, _ masks: inout Zip2Sequence<[Int32], [FilledWord]>.Iterator,
        _ tokenizer: any Tokenizer
    ) -> [FilledMasks.Part] {
        let special = tokenizer.special
        func text(_ id: Int32) -> String { tokenizer.continuesWord(id) ? tokenizer.piece(id) : tokenizer.decode([id]) }
        func space(before id: Int32?) -> String { id.map { tokenizer.continuesWord($0) ? "" : " " } ?? "" }
        var parts: [FilledMasks.Part] = []
        var between: [Int32] = []
        for id in ids where ![special.classification, special.separator].contains(id) {
            guard id == special.mask, let (label, word) = masks.next() else {
                between.append(id)
                continue
            }
            let mask = FilledMasks.Mask(
                word: text(label), filled: text(word.id), probability: Double(word.probability))
            let own = space(before: between.first) + tokenizer.decode(between) + space(before: label)
            parts.append(FilledMasks.Part(text: own, mask: mask))
            between = []
        }
        guard !between.isEmpty else { return parts }
        return parts + [FilledMasks.Part(text: space(before: between.first) + tokenizer.decode(between), mask: nil)]
    }

    /// The largest logit, and its softmax.
    private static func likeliest(_ logits: ArraySlice<Float>) -> FilledWord {
        var best = logits.startIndex
        for index in logits.indices where logits[index] > logits[best] { best = index }
        let sum = logits.reduce(0.0) { $0 + exp(Double($1 - logits[best])) }
        return FilledWord(id: Int32(best - logits.startIndex), probability: Float(1 / sum))
    }
}
