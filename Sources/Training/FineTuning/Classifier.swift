import Autograd
import Bert
import Checkpoints
import Foundation
import Tensors

/// A classifier that predicts; `FineTuner` improves one.
public struct Classifier {
    public let model: ClassificationModel
    public let weights: ModelWeights
    let cut: BatchCut

    /// All weights are zero, to be loaded; `outputs` is the number of classes, or 1 for regression.
    ///
    /// - Parameter trains: whether passes go back too.
    public init(_ encoder: EncoderOptions, outputs: Int, _ options: FineTuningOptions, trains: Bool = false) {
        let layout = ParameterLayout()
        model = ClassificationModel(encoder, outputs: outputs, dropout: options.classifierDropout, layout)
        weights = ModelWeights(
            layout, seed: nil, slices: options.slices, workers: Workers(threads: options.threads),
            precision: options.precision, backward: trains)
        cut = BatchCut(slices: options.slices, microBatchTokens: Self.microBatchTokens)
    }

    /// Enough rows for full-speed products, few enough that activations stay in the last-level cache.
    private static let microBatchTokens = 2048

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
    public static func check(_ folder: URL, _ encoder: EncoderOptions, outputs: Int) throws -> UnusedTensors {
        try ModelFolder.check(folder, encoder, demand) { _ = ClassificationModel(encoder, outputs: outputs, $0) }
    }

    private static func demand(_ parameter: Parameter) -> ModelFolder.Demand {
        parameter.name.hasPrefix("classifier") || parameter.name.hasPrefix("bert.pooler") ? .optional : .required
    }

    /// Logits of every example, in order, without dropout.
    public func predict(_ examples: [ClassificationExample]) -> [[Float]] {
        // By length, so that micro-batches hold tokens of like sequences; the answer is in the caller's order.
        let order = examples.indices.sorted { (examples[$0].ids.count, $0) < (examples[$1].ids.count, $1) }
        let sorted = order.map { examples[$0] }
        let parts = cut.parts(of: sorted.map(\.ids.count)).flatMap { $0 }
        let rows = weights.infer(parts) { range, tape in
            let logits = model.logits(PackedTokens(sorted[range]), tape).value
            return (0..<logits.rows).map {
                logits.view(at: $0 * logits.columns, rows: 1, columns: logits.columns).values
            }
        }.flatMap { $0 }
        var predictions = [[Float]](repeating: [], count: examples.count)
        for (index, row) in zip(order, rows) { predictions[index] = row }
        return predictions
    }
}

/// One encoded row of a task.
public struct ClassificationExample: Sendable, Equatable {
    public let ids: [Int32]
    public let segments: [Int32]
    /// As of `TaskRow`.
    public let target: [Float]

    public init(ids: [Int32], segments: [Int32], target: [Float]) {
        self.ids = ids
        self.segments = segments
        self.target = target
    }
}

extension PackedTokens {
    init(_ examples: ArraySlice<ClassificationExample>) {
        self.init(
            ids: examples.flatMap(\.ids), segments: examples.flatMap(\.segments),
            layout: BatchLayout(lengths: examples.map(\.ids.count), keys: examples.indices.map(UInt64.init)))
    }
}
