import Bert
import Training

/// A pretraining recipe: complete, typed and checked before any work starts.
public struct PretrainingRecipe: Sendable {
    public let resolved: ResolvedRecipe
    public let name: String
    /// Folder of the tokenizer.
    public let vocabulary: String
    /// Text files or folders, or `sample`; nil where neither recipe nor command names any.
    public let text: [String]?
    public let heldOut: Double
    /// The folder whose weights the run begins with.
    public let checkpoint: String?
    public let options: PretrainingOptions

    /// Reads the recipe at `path`, or the one of that name that ships, with overrides from the command line. Paths in it are relative to the working folder.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        try self.init(RecipeFile(path, in: "Pretraining"), overrides)
    }

    init(_ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]) throws {
        resolved = try ResolvedRecipe(.pretraining, file, overrides)
        name = resolved["name"]
        vocabulary = resolved["vocabulary"]
        text = resolved["corpus.text"] == "none" ? nil : resolved.texts("corpus.text")
        heldOut = resolved.share("corpus.heldOut")
        checkpoint = resolved.path("checkpoint")
        let objective = resolved["objective"] == MaskedWords.name ? nil : resolved["objective"]
        options = PretrainingOptions(
            objective: objective,
            generator: objective == ReplacedTokens.name
                ? GeneratorOptions(width: resolved.share("generator.width")) : nil,
            examples: resolved.examples, batch: resolved.batch, microBatchTokens: resolved.integer("microBatchTokens"),
            budget: resolved.budget, optimizer: resolved.optimizer, schedule: resolved.schedule,
            evaluation: EvaluationOptions(
                every: resolved.steps("evaluation.every"), sequences: resolved.integer("evaluation.sequences")),
            checkpoints: CheckpointOptions(
                every: resolved.steps("checkpoints.every"), keep: resolved.integer("checkpoints.keep")),
            slices: resolved.integer("slices"), threads: resolved.integer("threads"), seed: resolved.seed,
            precision: resolved.precision, recompute: resolved.boolean("recompute"))
        let issues = rules()
        guard issues.isEmpty else { throw RecipeErrors(issues: issues) }
    }

    /// The encoder for a tokenizer of `size` ids.
    ///
    /// - Throws: `RecipeErrors` where `model.vocabulary` says another number.
    public func encoderOptions(vocabularySize size: Int) throws -> EncoderOptions {
        if let stated = Scalar.integer(resolved["model.vocabulary"]), stated != size {
            let message = "model.vocabulary is \(stated), but the tokenizer in \(vocabulary) has \(size) ids"
            throw RecipeErrors(issues: [resolved.issue("model.vocabulary", message)])
        }
        return EncoderOptions(
            layers: resolved.integer("model.layers"), width: resolved.integer("model.width"),
            heads: resolved.integer("model.heads"), intermediate: resolved.integer("model.intermediate"),
            vocabulary: size, positions: resolved.integer("model.positions"), dropout: resolved.float("model.dropout"),
            attentionDropout: resolved.float("model.attentionDropout"),
            normEpsilon: resolved.float("model.normEpsilon"),
            initializerRange: resolved.float("model.initializerRange"), attention: resolved.attention)
    }

    /// What no single key can get wrong.
    private func rules() -> [RecipeIssue] {
        var issues: [RecipeIssue] = []
        let (width, heads) = (resolved.integer("model.width"), resolved.integer("model.heads"))
        if width % heads != 0 {
            issues.append(
                resolved.issue("model.heads", "model.heads is \(heads), which does not divide model.width \(width)"))
        }
        issues += resolved.precisionIssues
        issues += attentionRules(headWidth: width / heads)
        let (positions, length) = (resolved.integer("model.positions"), options.examples.length)
        if positions < length {
            issues.append(
                resolved.issue(
                    "model.positions", "model.positions is \(positions), fewer than examples.length \(length)"))
        }
        let masking = options.examples.masking
        if masking.replacedByMask + masking.replacedByRandom > 1 + 1e-9 {
            issues.append(
                resolved.issue(
                    "examples.masking.replacedByRandom",
                    "examples.masking.replacedByMask and replacedByRandom add up to more than 100%"))
        }
        if masking.share == 0 {
            issues.append(
                resolved.issue("examples.masking.share", "examples.masking.share is 0; nothing would be learned"))
        }
        if options.generator?.width == 0 {
            issues.append(resolved.issue("generator.width", "generator.width is 0; nothing would replace a token"))
        }
        if heldOut == 0 || heldOut > 0.5 {
            issues.append(
                resolved.issue(
                    "corpus.heldOut",
                    "corpus.heldOut is \(resolved["corpus.heldOut"]); wanted a share above 0 and at most 50%"))
        }
        if case .steps(let total) = options.budget, case .steps(let warmup) = options.schedule.warmup, warmup > total {
            issues.append(
                resolved.issue(
                    "schedule.warmup", "schedule.warmup is \(warmup) steps, more than the budget of \(total) steps"))
        }
        return issues
    }

    private func attentionRules(headWidth: Int) -> [RecipeIssue] {
        let attention = resolved.unfilteredAttention
        var problems = attention.problems(headWidth: headWidth)
        if let limit = attention.lengthLimit, limit < options.examples.length {
            problems.append(
                ("attention.length", "is \(limit), fewer than examples.length \(options.examples.length)"))
        }
        return problems.map { key, text in resolved.issue("model.\(key)", "model.\(key) \(text)") }
    }
}
