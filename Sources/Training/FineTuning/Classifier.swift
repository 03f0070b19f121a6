import Autograd
import Bert
import Checkpoints
import Foundation
import Tasks
import Tensors

/// A classifier that predicts.
public struct Classifier {
    public let model: ClassificationModel
    public let weights: ModelWeights
    public let cut: BatchCut
    /// As of `Computing`.
    public let note: String?

    /// All weights are zero, to be loaded.
    ///
    /// - Parameter documents: as of `ClassificationModel`.
    /// - Throws: as `Computing`.
    public init(_ encoder: EncoderOptions, _ target: Target, documents: Int? = nil, _ options: FineTuningOptions) throws
    {
        let computing = try Computing(options, encoder)
        let layout = ParameterLayout()
        model = ClassificationModel(
            encoder, target, dropout: options.classifierDropout, documents: documents, layout)
        weights = ModelWeights(
            layout, seed: nil, slices: options.slices, workers: Workers(threads: options.threads),
            precision: options.precision, backward: false, device: computing.device)
        (cut, note) = (computing.cut(options), computing.note)
    }

    /// Reads a fine-tuned model from a Hugging Face folder.
    ///
    /// - Throws: `CheckpointError` where the folder is damaged, or holds another encoder or no classifier.
    public func load(_ folder: URL) throws {
        let missing = try ModelFolder.read(folder, into: weights.parameters, weights.layout, Self.demand)
        if let name = missing.first {
            throw CheckpointError(folder, "has no classifier (\(name) is missing); fine-tune it first")
        }
    }

    /// Compares a fine-tuned folder with such a classifier, before memory is taken for it.
    ///
    /// - Returns: the tensors that it does not read.
    /// - Throws: as `ModelFolder.check`.
    public static func check(_ folder: URL, _ encoder: EncoderOptions, _ target: Target) throws -> CheckpointNotes {
        try ModelFolder.check(folder, encoder, demand) { _ = ClassificationModel(encoder, target, $0) }
    }

    private static func demand(_ parameter: Parameter) -> ModelFolder.Demand {
        parameter.name.hasPrefix("classifier") || parameter.isOfPooler ? .optional : .required
    }

    /// Logits of every example, in order, without dropout; of words those of all of its words behind one another.
    ///
    /// - Parameter folder: what was loaded.
    /// - Throws: `CheckpointError` where they are no numbers.
    public func predict(_ examples: [ClassificationExample], by folder: URL) throws -> [[Float]] {
        try Self.finite(model.predict(examples, weights, cut), of: folder)
    }

    /// The same of texts of these lengths, each of which is made for its pass alone.
    ///
    /// - Throws: `CheckpointError` where the model gives no finite numbers.
    public func predict(
        lengths: [Int], by folder: URL, _ example: (Int) -> ClassificationExample
    ) throws -> [[Float]] {
        try Self.finite(weights.rows(lengths: lengths, cut, example) { model.logits($0.tokens, $1) }, of: folder)
    }

    /// What stands against a model that gives nan or ∞.
    public static let notFinite = "its outputs are no finite numbers; wanted a model that did not diverge"

    private static func finite(_ logits: [[Float]], of folder: URL) throws -> [[Float]] {
        guard logits.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw CheckpointError(folder, notFinite)
        }
        return logits
    }
}

extension ClassificationModel {
    func predict(_ examples: [ClassificationExample], _ weights: ModelWeights, _ cut: BatchCut) -> [[Float]] {
        let words = isOfWords ? examples.map(\.words.count) : nil
        return weights.rows(lengths: examples.map(\.ids.count), counts: words, cut, { examples[$0] }) {
            logits($0.tokens, words: $0.words, $1)
        }
    }

    init(
        _ encoder: EncoderOptions, _ target: Target, dropout: Float? = nil, documents: Int? = nil, frozen: Int = 0,
        _ layout: ParameterLayout
    ) {
        self.init(
            encoder, outputs: target.outputs, dropout: dropout, documents: documents, ofWords: target.isOfWords,
            frozen: frozen, layout)
    }
}

extension ModelWeights {
    /// What `outputs` gives for every one of the sequences of these lengths, in their order, without dropout; each sequence is made
    /// for its pass alone.
    ///
    /// - Parameter counts: the rows that each gives; nil for one.
    public func rows<Sequence: TokenSequence>(
        lengths: [Int], counts: [Int]? = nil, _ cut: BatchCut, _ sequence: (Int) -> Sequence,
        _ outputs: (Batch<Sequence>, Tape) -> Variable
    ) -> [[Float]] {
        // By length, so that micro-batches hold tokens of like sequences.
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        let parts = cut.parts(of: order.map { lengths[$0] }).flatMap { $0 }
        let values = infer(parts) { part, tape in
            let batch = Batch(part.map { sequence(order[$0]) }, keys: part.map(UInt64.init))
            return outputs(batch, tape).value.values
        }.flatMap { $0 }
        let columns = values.count / max(1, counts?.reduce(0, +) ?? lengths.count)
        var (rows, start) = ([[Float]](repeating: [], count: lengths.count), 0)
        for index in order {
            let end = start + (counts?[index] ?? 1) * columns
            rows[index] = Array(values[start..<end])
            start = end
        }
        return rows
    }
}
