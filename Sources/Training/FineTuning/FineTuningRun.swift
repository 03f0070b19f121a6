import Bert
import Checkpoints
import Foundation
import Tokenization

/// A fine-tuning run in its folder: epochs over a task, the dev set after each, the best epoch kept. Running it again
/// continues from the newest checkpoint to the same bits as if it had never stopped.
public struct FineTuningRun {
    public let encoder: EncoderOptions
    public let options: FineTuningOptions
    public let tokenizer: any Tokenizer
    public let data: TaskData
    public let folder: RunFolder
    /// The pretrained model's folder; nil for random weights.
    public let pretrained: URL?
    /// The digest of the weights there, `ModelFolder.digest`, or `random`; part of the run's identity.
    public let weights: String
    /// What `recipe.yaml` shall say; nil writes none.
    public let recipe: String?
    /// What the checkpoint should remember beside the model, for example where the data were.
    public let notes: [String: String]

    public init(
        encoder: EncoderOptions, options: FineTuningOptions, tokenizer: any Tokenizer, data: TaskData,
        folder: RunFolder, pretrained: URL?, weights: String, recipe: String? = nil, notes: [String: String] = [:]
    ) {
        self.encoder = encoder
        self.options = options
        self.tokenizer = tokenizer
        self.data = data
        self.folder = folder
        self.pretrained = pretrained
        self.weights = weights
        self.recipe = recipe
        self.notes = notes
    }

    /// Runs to the last epoch, to the end of `untilEpoch`, to the end of patience, or until `interruption` asks to stop.
    ///
    /// - Returns: the best epoch's report, of whichever sitting; nil where the log of an ended run is gone.
    /// - Throws: `TrainingError.interrupted` after saving, `.diverged` where the loss is no number any more, and what
    ///   reading or writing the folder throws.
    public func run(
        _ interruption: Interruption, untilEpoch: Int = .max, _ report: @escaping (FineTuningEvent) -> Void
    ) throws -> FineTuningEpochReport? {
        let sitting = try FineTuningSitting(self, untilEpoch: untilEpoch, report)
        while !sitting.isFinished, sitting.epochs < untilEpoch {
            for batch in sitting.batches() {
                if interruption.isRequested { try sitting.leave() }
                try sitting.step(batch)
            }
            try sitting.endEpoch()
        }
        return sitting.best
    }
}
