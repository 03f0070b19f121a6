import Checkpoints
import Tasks

/// The rows of a task as batches of epochs, none of which crosses the end of one.
final class TaskBatches: TrainingData {
    private let data: TaskData
    private let seed: UInt64
    private let lengths: [Int]
    /// A training row as it is learned from.
    private let example: @Sendable (Int) -> ClassificationExample
    let inputs: [String: String]
    /// Of one epoch, as rows of the training set.
    private var plan: (size: BatchSize, epoch: Int, batches: [[Int]])?

    /// - Parameters:
    ///   - lengths: of the training rows, in tokens.
    ///   - digest: of the training rows.
    init(
        _ data: TaskData, seed: UInt64, lengths: [Int], digest: String,
        example: @escaping @Sendable (Int) -> ClassificationExample
    ) {
        (self.data, self.seed, self.lengths, self.example) = (data, seed, lengths, example)
        inputs = ["task": data.task.name, "rows": digest, RunState.devRows: data.dev.digest]
    }

    convenience init(_ data: TaskData, seed: UInt64) {
        self.init(data, seed: seed, lengths: data.training.map(\.ids.count), digest: data.training.digest) {
            ClassificationExample(data.training[$0])
        }
    }

    func next(_ size: BatchSize, epoch: inout Int, index: inout Int) -> FoundBatch<ClassificationExample> {
        if index >= count(size, epoch: epoch) { (epoch, index) = (epoch + 1, 0) }
        let (batches, current) = (batches(size, epoch), epoch + 1)
        let rows = batches[index]
        index += 1
        if index == batches.count { (epoch, index) = (epoch + 1, 0) }
        let tokens = rows.reduce(0) { $0 + lengths[$1] }
        return FoundBatch(epoch: current, tokens: tokens) { [example] in rows.map(example) }
    }

    func evaluationExamples(_ count: Int) -> [ClassificationExample] {
        data.dev.prefix(count).map(ClassificationExample.init)
    }

    var heldOutCount: Int { data.dev.count }

    func count(_ size: BatchSize, epoch: Int) -> Int { batches(size, epoch).count }

    private func batches(_ size: BatchSize, _ epoch: Int) -> [[Int]] {
        if let plan, plan.size == size, plan.epoch == epoch { return plan.batches }
        let batches = BatchPlan.batches(lengths: lengths, seed: seed, epoch: epoch) {
            size.isReached(sequences: $0, tokens: $1)
        }
        plan = (size, epoch, batches)
        return batches
    }
}
