import Bert
import Options
import Training

/// A pretraining recipe: complete, typed and checked before any work starts.
@dynamicMemberLookup
public struct PretrainingRecipe: Sendable {
    public let resolved: ResolvedRecipe
    private let settings: Settings

    public struct Settings: Configurable {
        var kind = RecipeKind.pretraining
        public var name = ""
        /// Folder of the tokenizer.
        public var vocabulary = ""
        /// The folder whose weights the run begins with.
        public var checkpoint: String?
        /// Text files or folders, or `sample`; nil where neither recipe nor command names any.
        public var text: [String]?
        public var heldOut = 0.01
        var model = EncoderOptions()
        public var options = PretrainingOptions()

        public init() {}

        public static var options: [Option<Self>] {
            RecipeKind.option(\.kind)
            Option("name", \.name, .folderName, "the name of the run, and of its folder below Checkpoints").required
            Option("vocabulary", \.vocabulary, .text, "folder of the tokenizer").required
            Option(
                "checkpoint", \.checkpoint, .textOrNone,
                "pretrained folder to begin with; positions beyond its own repeat those")
            Option(
                "corpus.text", \.text, .textsOrNone, "text files or folders; sample is the generator that ships")
            Option("corpus.heldOut", \.heldOut, .share, "share of the documents that is never trained on")
            Option.group("model", \.model)
            Option.group("", \.options)
        }
    }

    public subscript<Value>(dynamicMember path: KeyPath<Settings, Value>) -> Value { settings[keyPath: path] }

    /// Reads the recipe at `path`, or the one of that name that ships, with overrides from the command line. Paths in it are relative to the working folder.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        try self.init(RecipeFile(path, in: "Pretraining"), overrides)
    }

    init(_ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]) throws {
        var settings = Settings()
        var resolved = try ResolvedRecipe(of: .pretraining, into: &settings, file, overrides)
        settings.model.attention.kind.fit(positions: settings.model.positions)
        settings.refuse(in: &resolved)
        try resolved.check()
        (self.resolved, self.settings) = (resolved, settings)
    }

    /// The encoder for a tokenizer of `size` ids.
    ///
    /// - Parameter rows: word embeddings of the checkpoint that it begins from, of which there may be more than ids, since a round
    ///   number of them is faster.
    /// - Throws: `RecipeErrors` where `model.vocabulary` says fewer.
    public func encoderOptions(vocabularySize size: Int, rows: Int = 0) throws -> EncoderOptions {
        var encoder = settings.model
        guard encoder.vocabulary == 0 || encoder.vocabulary >= size else {
            let message =
                "model.vocabulary is \(encoder.vocabulary), but the tokenizer in \(settings.vocabulary) has \(size) ids"
            throw RecipeErrors(issues: [resolved.issue("model.vocabulary", message)])
        }
        if encoder.vocabulary == 0 { encoder.vocabulary = max(size, rows) }
        return encoder
    }
}

extension PretrainingRecipe.Settings {
    /// What no single key can get wrong.
    fileprivate func refuse(in resolved: inout ResolvedRecipe) {
        let examples = options.examples
        resolved.refuse(model: model, length: examples.length, said: "examples.length", by: "examples.length")
        resolved.refuse(options.precision, on: options.device)
        resolved.refuse(options.wire, between: options.shards, on: options.device)
        resolved.refuse(
            options.problemsOnDevice(model, options.objectiveType.problemOnDevice(model, options)), on: options.device)
        let masking = examples.masking
        resolved.refuse(
            "examples.masking.replacedByRandom", judgedBy: ["examples.masking.replacedByMask"],
            if: masking.replacedByMask + masking.replacedByRandom > 1 + 1e-9,
            "examples.masking.replacedByMask and replacedByRandom add up to more than 100%")
        resolved.refuse(
            "examples.masking.share", if: masking.share == 0, "examples.masking.share is 0; nothing would be learned")
        resolved.refuse(
            "generator.width", if: options.generator?.width == 0,
            "generator.width is 0; nothing would replace a token")
        resolved.refuse(
            "generator.width", judgedBy: ["objective"],
            if: options.generator != nil && options.objective != ReplacedTokens.name,
            "generator.width is \(resolved["generator.width"]); wanted objective: \(ReplacedTokens.name) beside it")
        resolved.refuse(
            "corpus.heldOut", if: heldOut == 0 || heldOut > 0.5,
            "corpus.heldOut is \(resolved["corpus.heldOut"]); wanted a share above 0 and at most 50%")
        resolved.refuse(options.schedule, in: options.budget)
    }
}
