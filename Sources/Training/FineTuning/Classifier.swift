import Autograd
import Bert
import Checkpoints
import Foundation
import Tensors

/// A classifier that predicts.
public struct Classifier {
    public let model: ClassificationModel
    public let weights: ModelWeights
    private let cut: BatchCut
    /// As of `Computing`.
    public let note: String?

    /// All weights are zero, to be loaded; `outputs` is the number of classes, or 1 for regression.
    ///
    /// - Parameter documents: as of `ClassificationModel`.
    /// - Throws: as `Computing`.
    public init(_ encoder: EncoderOptions, outputs: Int, documents: Int? = nil, _ options: FineTuningOptions) throws {
        let computing = try Computing(options, encoder, documents == 2 ? .pairs : nil)
        let layout = ParameterLayout()
        model = ClassificationModel(
            encoder, outputs: outputs, dropout: options.classifierDropout, documents: documents, layout)
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
        try ModelFolder.checkFinite(weights.parameters, weights.layout, of: folder)
    }

    /// Compares a fine-tuned folder with such a classifier, before memory is taken for it.
    ///
    /// - Returns: the tensors that it does not read.
    public static func check(_ folder: URL, _ encoder: EncoderOptions, outputs: Int) throws -> CheckpointNotes {
        try ModelFolder.check(folder, encoder, demand) { _ = ClassificationModel(encoder, outputs: outputs, $0) }
    }

    private static func demand(_ parameter: Parameter) -> ModelFolder.Demand {
        parameter.name.hasPrefix("classifier") || parameter.name.hasPrefix("bert.pooler") ? .optional : .required
    }

    /// Logits of every example, in order, without dropout.
    ///
    /// - Parameter folder: what was loaded.
    /// - Throws: `CheckpointError` where they are no numbers.
    public func predict(_ examples: [ClassificationExample], by folder: URL) throws -> [[Float]] {
        try predict(lengths: examples.map(\.ids.count), by: folder) { examples[$0] }
    }

    /// The same of examples of these lengths, each of which is made for its pass alone.
    public func predict(
        lengths: [Int], by folder: URL, _ example: (Int) -> ClassificationExample
    ) throws -> [[Float]] {
        let logits = model.predict(lengths: lengths, weights, cut, example)
        guard logits.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw CheckpointError(folder, "its outputs are no finite numbers; wanted a model that did not diverge")
        }
        return logits
    }
}

extension ClassificationModel {
    func predict(_ examples: [ClassificationExample], _ weights: ModelWeights, _ cut: BatchCut) -> [[Float]] {
        predict(lengths: examples.map(\.ids.count), weights, cut) { examples[$0] }
    }

    fileprivate func predict(
        lengths: [Int], _ weights: ModelWeights, _ cut: BatchCut, _ example: (Int) -> ClassificationExample
    ) -> [[Float]] {
        weights.rows(lengths: lengths, cut, example) { logits($0, $1) }
    }
}

extension ModelWeights {
    /// A row of what `outputs` gives for every one of the sequences of these lengths, in their order, without dropout; each
    /// sequence is made for its pass alone.
    public func rows<Sequence: TokenSequence>(
        lengths: [Int], _ cut: BatchCut, _ sequence: (Int) -> Sequence, _ outputs: (PackedTokens, Tape) -> Variable
    ) -> [[Float]] {
        // By length, so that micro-batches hold tokens of like sequences.
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        let parts = cut.parts(of: order.map { lengths[$0] }).flatMap { $0 }
        let values = infer(parts) { part, tape in
            let batch = Batch(part.map { sequence(order[$0]) }, keys: part.map(UInt64.init))
            return outputs(batch.tokens, tape).value.values
        }.flatMap { $0 }
        let columns = values.count / max(1, lengths.count)
        var rows = [[Float]](repeating: [], count: lengths.count)
        for (row, index) in order.enumerated() { rows[index] = Array(values[row * columns..<(row + 1) * columns]) }
        return rows
    }
}
