import Bert
import LongRange
import Options
import Training

/// A recipe of a task of the Long Range Arena: complete, typed and checked before any work starts.
@dynamicMemberLookup
public struct LongRangeRecipe: Sendable {
    public let resolved: ResolvedRecipe
    public let task: LongRangeTask
    private let settings: Settings

    public struct Settings: Configurable {
        var kind = RecipeKind.longrange
        public var name = ""
        var taskName = ""
        /// Folder of the task's files; nil where neither recipe nor command names one.
        public var data: String?
        var model = EncoderOptions { ($0.norm, $0.pooling) = (.pre, .mean) }
        public var options = LongRangeOptions()

        public init() {}

        public static var options: [Option<Self>] {
            RecipeKind.option(\.kind)
            Option("name", \.name, .folderName, "the name of the run, and of its folder below Checkpoints").required
            Option("task", \.taskName, .oneOf(LongRangeTask.all.map { ($0.name, $0.name) }) { $0 }, "what is learned")
                .required
            Option("data", \.data, .textOrNone, "folder of the task's files")
            Option.group("model", \.model)
            Option.group("", \.options)
        }
    }

    public subscript<Value>(dynamicMember path: KeyPath<Settings, Value>) -> Value { settings[keyPath: path] }

    /// The encoder, which has the ids of the task.
    public var encoder: EncoderOptions {
        var encoder = settings.model
        // Documents are one segment each.
        (encoder.vocabulary, encoder.segments) = (task.ids, 1)
        return encoder
    }

    /// Whether the recipe at `path`, or the one of that name that ships, is of this kind.
    public static func isOne(_ path: String) -> Bool {
        (try? RecipeFile(path)).flatMap(RecipeKind.init) == .longrange
    }

    /// Reads the recipe at `path`, or the one of that name that ships, with overrides from the command line. Paths in it are
    /// relative to the working folder.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        try self.init(RecipeFile(path, in: "LongRange"), overrides)
    }

    init(_ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]) throws {
        var settings = Settings()
        var resolved = try ResolvedRecipe(of: .longrange, into: &settings, file, overrides)
        let (model, options) = (settings.model, settings.options)
        settings.model.attention.kind.fit(positions: model.positions)
        let task = LongRangeTask.named(settings.taskName)
        resolved.refuse(
            model: settings.model, length: task?.length ?? 0, said: "task", by: "the tokens of \(settings.taskName),")
        resolved.refuse(options.precision, on: options.device)
        resolved.refuse(options.wire, between: options.shards, on: options.device)
        resolved.refuse(options.problemsOnDevice(settings.model), on: options.device)
        resolved.refuse(options.schedule, in: options.budget)
        resolved.refuse(
            "model.vocabulary", judgedBy: ["task"], if: ![0, task?.ids].contains(model.vocabulary),
            "model.vocabulary is \(model.vocabulary); the task has \(task?.ids ?? 0) ids")
        resolved.refuse(
            "model.pooling", if: model.pooling != .mean,
            "model.pooling is first; wanted mean, for no first token stands for a document")
        resolved.refuse(
            "model.head", if: model.head != nil, "model.head is set; classes of documents have a head of their own")
        try resolved.check()
        guard let task else { preconditionFailure("a task that is none of the option's") }
        (self.resolved, self.settings, self.task) = (resolved, settings, task)
    }
}

extension LongRangeTask {
    /// The path of its recipe: by its path, for a folder of text may well be called `text`.
    public func recipe(isShort: Bool = false) -> String { "Recipes/LongRange/\(name)\(isShort ? "-short" : "").yaml" }
}

extension ResolvedRecipe {
    /// Refuses an encoder that cannot be built, or that cannot read sequences of `length` tokens, which the key `said` says.
    mutating func refuse(model: EncoderOptions, length: Int, said key: String, by name: String) {
        let (width, heads) = (model.width, model.heads)
        refuse(
            "model.heads", judgedBy: ["model.width"], if: width % heads != 0,
            "model.heads is \(heads), which does not divide model.width \(width)")
        for (key, text) in model.attention.problems(headWidth: width / heads) {
            refuse(
                "model.\(key)", judgedBy: ["model.width", "model.heads", "model.attention"], if: true,
                "model.\(key) \(text)")
        }
        let hashes = "model.attention.evaluationHashes"
        refuse(
            hashes, judgedBy: ["model.attention"],
            if: self["model.attention.evaluation"] == "expectation" && self[hashes] != "auto",
            "\(hashes) is \(self[hashes]); wanted model.attention.evaluation: sampled beside it")
        let (limit, limited) = (model.attention.lengthLimit ?? length, model.attention.kind.lengthLimitKey)
        let most = limited == "attention" ? "\(model.attention.name), of at most \(limit) tokens" : "\(limit)"
        refuse(
            "model.\(limited)", judgedBy: [key, "model.positions"], if: limit < length,
            "model.\(limited) is \(most), fewer than \(name) \(length)")
        refuse(
            "model.positions", judgedBy: [key], if: model.positions < length,
            "model.positions is \(model.positions), fewer than \(name) \(length)")
    }

    mutating func refuse(_ schedule: ScheduleOptions, in budget: Budget) {
        guard case .steps(let total) = budget, case .steps(let warmup) = schedule.warmup else { return }
        refuse(
            "schedule.warmup", judgedBy: ["budget"], if: warmup > total,
            "schedule.warmup is \(warmup) steps, more than the budget of \(total) steps")
    }
}
