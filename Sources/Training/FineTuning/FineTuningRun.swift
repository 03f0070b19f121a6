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
    ///   - remember: adds what checkpoints shall tell beside the model, for example where the data were.
    ///   - untilEpoch: the run ends with this one.
    /// - Throws: what reading or writing the folder throws.
    public convenience init(
        encoder: EncoderOptions, options: FineTuningOptions, tokenizer: any Tokenizer, data: TaskData,
        folder: RunFolder, pretrained: URL?, weights: String, recipe: String? = nil,
        remember: @escaping (inout Provenance) -> Void = { _ in },
        untilEpoch: Int = .max, _ report: @escaping (RunEvent<DevScores>) -> Void
    ) throws {
        try self.init(
            options, TaskBatches(data, seed: options.seed), tokenizer, folder,
            inputs: ["weights": weights].merging(data.scale?.identity ?? [:]) { $1 },
            recipe: recipe, remember: remember, untilEpoch: untilEpoch,
            start: { _, model in
                try pretrained.map { try PretrainedEncoder.read($0, into: model, options, layers: encoder.layers) }
                    ?? []
            },
            objective: { Classification(encoder, data.task.target, options, data: data, $0) }, report: report)
    }
}
