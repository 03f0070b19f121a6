import Autograd
import Bert
import Checkpoints
import Cuda
import Digests
import Foundation
import LongRange
import Tasks
import Tensors

extension Run where O == Classification {
    /// A run on a task of the Long Range Arena from random weights: the dev rows choose the evaluation that is kept.
    ///
    /// - Parameters:
    ///   - encoder: of `task.ids` ids, and positions for `task.length` tokens at least.
    ///   - recipe: what `recipe.yaml` shall say; nil writes none.
    ///   - remember: adds what checkpoints shall tell beside the model, for example where the data were.
    /// - Throws: what reading or writing the folder throws.
    public convenience init(
        _ task: LongRangeTask, encoder: EncoderOptions, options: LongRangeOptions, training: [LongRangeRow],
        dev: [LongRangeRow], folder: RunFolder, recipe: String? = nil,
        remember: @escaping (inout Provenance) -> Void = { _ in },
        _ report: @escaping (RunEvent<DevScores>) -> Void
    ) throws {
        let data = TaskData(task, dev.sample(options.devRows))
        let batches = TaskBatches(
            data, seed: options.seed, lengths: training.map(\.count),
            digest: training.digest
        ) { ClassificationExample(training[$0].encoded(task)) }
        try self.init(
            options, batches, nil, folder, inputs: ["weights": "random"], recipe: recipe, remember: remember,
            start: { _, _ in [] },
            objective: { Classification(task, encoder, options, data: data, $0) }, report: report)
    }
}

extension Trainer where O == Classification {
    /// Of steps on a task of the Long Range Arena, from random weights.
    ///
    /// - Parameter device: a GPU that computes in the place of the CPU.
    public convenience init(
        _ task: LongRangeTask, encoder: EncoderOptions, _ options: LongRangeOptions, device: CudaDevice? = nil
    ) {
        self.init(options, device: device) { Classification(task, encoder, options, data: nil, $0) }
    }
}

extension Classification {
    fileprivate init(
        _ task: LongRangeTask, _ encoder: EncoderOptions, _ options: LongRangeOptions, data: TaskData?,
        _ layout: ParameterLayout
    ) {
        let head = FineTuningOptions {
            ($0.classifierDropout, $0.length) = (options.classifierDropout, task.length)
        }
        self.init(encoder, task.source.target, head, data: data, documents: task.documents, layout)
    }
}

extension LongRangeTask {
    /// What a checkpoint that was trained on the task says of `rows`.
    ///
    /// - Parameter goesOn: asked before every few hundred rows; throws to leave.
    /// - Throws: `CheckpointError` where the folder is damaged, or holds another model; what `goesOn` throws.
    public func evaluation(
        of folder: URL, _ rows: [LongRangeRow], threads: Int = 0, precision: Precision = .fp32,
        device: DeviceChoice? = nil, goesOn: () throws -> Void = {}
    ) throws -> TaskEvaluation {
        let encoder = try HuggingFaceConfiguration(of: folder).encoderOptions(folder)
        guard encoder.vocabulary == ids, encoder.positions >= length else {
            throw CheckpointError(
                folder,
                "its encoder has \(encoder.vocabulary) ids and \(encoder.positions) positions; \(title) wants "
                    + "\(ids) and at least \(length)")
        }
        let options = FineTuningOptions { ($0.threads, $0.precision, $0.device) = (threads, precision, device) }
        let classifier = try Classifier(encoder, source.target, documents: documents, options)
        try classifier.load(folder)
        // Encoded a pass at a time: all documents of a task at once are eight times as large as their bytes.
        let logits = try stride(from: 0, to: rows.count, by: 512).flatMap { first in
            try goesOn()
            let some = rows[first..<min(first + 512, rows.count)]
            return try classifier.predict(lengths: some.map(\.count), by: folder) {
                ClassificationExample(some[first + $0].encoded(self))
            }
        }
        let labels = rows.map { EncodedRow(ids: [], segments: [], target: [Float($0.label)]) }
        return TaskEvaluation(TaskData(source, dev: labels), logits: logits)
    }

    /// Of a row.
    var documents: Int { isPaired ? 2 : 1 }
}

extension TaskData {
    init(_ task: LongRangeTask, _ rows: [LongRangeRow]) { self.init(task.source, dev: rows.map { $0.encoded(task) }) }
}

extension [LongRangeRow] {
    /// SHA-256 of all tokens and classes, and where documents end.
    public var digest: String {
        let digest = SHA256()
        for row in self {
            let head = [Int32(row.label), Int32(row.tokens.count), Int32(row.second?.count ?? -1)]
            head.withUnsafeBytes { digest.update($0) }
            for tokens in [row.tokens, row.second ?? []] { tokens.withUnsafeBytes { digest.update($0) } }
        }
        return digest.hexadecimal()
    }
}
