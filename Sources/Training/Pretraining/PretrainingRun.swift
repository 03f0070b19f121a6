import Bert
import Checkpoints
import Tokenization

extension Run where O: PretrainingObjective {
    /// A pretraining run in its folder.
    ///
    /// - Parameters:
    ///   - start: whose weights the run begins with; nil for random ones.
    ///   - recipe: what `recipe.yaml` shall say; nil writes none.
    ///   - profile: where the time of steps is counted, by phase; nil for nowhere.
    /// - Throws: what reading or writing the folder throws.
    public convenience init(
        encoder: EncoderOptions, options: PretrainingOptions, tokenizer: any Tokenizer, data: PretrainingData,
        folder: RunFolder, start: PretrainedStart? = nil, recipe: String? = nil, profile: StepProfile? = nil,
        _ report: @escaping (RunEvent<Figures>) -> Void
    ) throws {
        // Scores of other sequences would choose another `best`.
        var inputs = [RunState.heldOut: "\(options.evaluation.sequences)"]
        inputs["checkpoint"] = start?.digest
        try self.init(
            options, data, tokenizer, folder, inputs: inputs, recipe: recipe,
            profile: profile, start: { try start?.read(into: $1, of: $0) ?? [] },
            objective: { O(encoder, options, tokenCounts: data.tokenCounts, $0) }, report: report)
    }
}
