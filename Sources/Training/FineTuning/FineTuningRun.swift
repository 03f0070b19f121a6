import Bert
import Checkpoints
import Foundation
import Tasks
import Tokenization

extension Run where O == Classification {
    /// A fine-tuning run in its folder: epochs over a task, the dev set after each, the best epoch kept.
    ///
    /// - Parameters:
    ///   - pretrained: the pretrained model's folder; nil for random weights.
    ///   - weights: the digest of the weights there, `ModelFolder.digest`, or `random`; part of the run's identity.
    ///   - recipe: what `recipe.yaml` shall say; nil writes none.
    ///   - notes: what the checkpoint should remember beside the model, for example where the data were.
    ///   - untilEpoch: the run ends with this one.
    /// - Throws: what reading or writing the folder throws.
    public convenience init(
        encoder: EncoderOptions, options: FineTuningOptions, tokenizer: any Tokenizer, data: TaskData,
        folder: RunFolder, pretrained: URL?, weights: String, recipe: String? = nil, notes: [String: String] = [:],
        untilEpoch: Int = .max, _ report: @escaping (RunEvent<DevScores>) -> Void
    ) throws {
        try self.init(
            options, TaskBatches(data, seed: options.seed), tokenizer, folder, inputs: ["weights": weights],
            recipe: recipe, notes: notes, untilEpoch: untilEpoch,
            start: { _, model in
                try pretrained.map { try PretrainedEncoder.read($0, into: model, options, layers: encoder.layers) }
                    ?? []
            },
            objective: { Classification(encoder, data.task.target, options, data: data, $0) }, report: report)
    }
}

/// The rows of a task as batches of epochs, none of which crosses the end of one.
private final class TaskBatches: TrainingData {
    private let data: TaskData
    private let seed: UInt64
    private let training: [ClassificationExample]
    /// Of one epoch, as rows of the training set.
    private var plan: (size: BatchSize, epoch: Int, batches: [[Int]])?

    init(_ data: TaskData, seed: UInt64) {
        (self.data, self.seed) = (data, seed)
        training = data.training.map(ClassificationExample.init)
    }

    func batch(
        _ size: BatchSize, epoch: inout Int, index: inout Int
    ) -> (examples: [ClassificationExample], epoch: Int) {
        if index >= count(size, epoch: epoch) { (epoch, index) = (epoch + 1, 0) }
        let (batches, current) = (batches(size, epoch), epoch + 1)
        let examples = batches[index].map { training[$0] }
        index += 1
        if index == batches.count { (epoch, index) = (epoch + 1, 0) }
        return (examples, current)
    }

    func evaluationExamples(_ count: Int) -> [ClassificationExample] {
        data.dev.prefix(count).map(ClassificationExample.init)
    }

    func count(_ size: BatchSize, epoch: Int) -> Int { batches(size, epoch).count }

    var inputs: [String: String] { ["task": data.task.name, "rows": data.digest] }

    private func batches(_ size: BatchSize, _ epoch: Int) -> [[Int]] {
        if let plan, plan.size == size, plan.epoch == epoch { return plan.batches }
        let batches = BatchPlan.batches(lengths: training.map(\.ids.count), seed: seed, epoch: epoch) {
            size.isReached(sequences: $0, tokens: $1)
        }
        plan = (size, epoch, batches)
        return batches
    }
}
