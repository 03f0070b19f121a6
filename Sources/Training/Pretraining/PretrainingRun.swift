import Bert
import Checkpoints
import Corpora
import Foundation
import Tokenization

/// A pretraining run in its folder. Resume is a property, not a mode: running it again continues from the newest
/// checkpoint to the same bits as if it had never stopped.
public struct PretrainingRun {
    public let encoder: EncoderOptions
    public let options: PretrainingOptions
    public let tokenizer: any Tokenizer
    public let data: PretrainingData
    public let folder: RunFolder
    /// Whose weights the run begins with; nil for random ones.
    public let start: PretrainedStart?
    /// What `recipe.yaml` shall say; nil writes none.
    public let recipe: String?
    /// Where the time of steps is counted, by phase; nil for nowhere.
    public let profile: StepProfile?

    public init(
        encoder: EncoderOptions, options: PretrainingOptions, tokenizer: any Tokenizer, data: PretrainingData,
        folder: RunFolder, start: PretrainedStart? = nil, recipe: String? = nil,
        profile: StepProfile? = nil
    ) {
        self.encoder = encoder
        self.options = options
        self.tokenizer = tokenizer
        self.data = data
        self.folder = folder
        self.start = start
        self.recipe = recipe
        self.profile = profile
    }

    /// Runs to the end of the budget, or until `interruption` asks to stop.
    ///
    /// - Returns: the last evaluation.
    /// - Throws: `TrainingError.interrupted` after saving, `.diverged` where the loss is no number any more, and what
    ///   reading or writing the folder throws; the last good checkpoint and the log stay as they are.
    public func run(
        _ interruption: Interruption, _ report: @escaping (PretrainingEvent) -> Void
    ) throws -> PretrainingEvaluation {
        let sitting = try PretrainingSitting(self, report)
        while !sitting.isFinished {
            if interruption.isRequested { try sitting.leave() }
            try sitting.step()
            let evaluates = sitting.isDue(options.evaluation.every)
            let isBest = try evaluates && sitting.evaluate()
            if isBest || sitting.isDue(options.checkpoints.every) { try sitting.save() }
        }
        return try sitting.lastEvaluation()
    }
}
