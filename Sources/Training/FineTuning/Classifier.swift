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

    /// All weights are zero, to be loaded; `outputs` is the number of classes, or 1 for regression.
    ///
    /// - Parameter documents: as of `ClassificationModel`.
    public init(_ encoder: EncoderOptions, outputs: Int, documents: Int? = nil, _ options: FineTuningOptions) {
        let layout = ParameterLayout()
        model = ClassificationModel(
            encoder, outputs: outputs, dropout: options.classifierDropout, documents: documents, layout)
        weights = ModelWeights(
            layout, seed: nil, slices: options.slices, workers: Workers(threads: options.threads),
            precision: options.precision, backward: false)
        cut = options.cut
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
        // By length, so that micro-batches hold tokens of like sequences; the answer is in the caller's order.
        let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        let parts = cut.parts(of: order.map { lengths[$0] }).flatMap { $0 }
        let rows = weights.infer(parts) { part, tape in
            let batch = Batch(part.map { example(order[$0]) }, keys: part.map(UInt64.init))
            let logits = logits(batch.tokens, tape).value
            return (0..<logits.rows).map {
                logits.view(at: $0 * logits.columns, rows: 1, columns: logits.columns).values
            }
        }.flatMap { $0 }
        var predictions = [[Float]](repeating: [], count: lengths.count)
        for (index, row) in zip(order, rows) { predictions[index] = row }
        return predictions
    }
}
