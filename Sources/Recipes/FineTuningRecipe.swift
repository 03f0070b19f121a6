import Bert
import Glue
import Options
import Training

/// A fine-tuning recipe: complete, typed and checked before any work starts.
@dynamicMemberLookup
public struct FineTuningRecipe: Sendable {
    public let resolved: ResolvedRecipe
    public let task: GlueTask
    private let settings: Settings

    public struct Settings: Configurable {
        var kind = RecipeKind.finetuning
        public var name = ""
        var taskName = ""
        /// Pretrained Hugging Face folder; nil where neither recipe nor command names one.
        public var checkpoint: String?
        /// Folder of the task's files, or `sample`; nil where neither recipe nor command names one.
        public var data: String?
        public var options = FineTuningOptions()

        public init() {}

        public static var options: [Option<Self>] {
            RecipeKind.option(\.kind)
            Option("name", \.name, .text, "the name of the run, and of its folder below Checkpoints").required
            Option("task", \.taskName, .text, "GLUE task").required
            Option("checkpoint", \.checkpoint, .textOrNone, "pretrained Hugging Face folder")
            Option("data", \.data, .textOrNone, "folder of the task's files; sample is the generator that ships")
            Option.group("", \.options)
        }
    }

    public subscript<Value>(dynamicMember path: KeyPath<Settings, Value>) -> Value { settings[keyPath: path] }

    /// Reads the recipe at `path`, or the one of that name that ships, with overrides from the command line. Paths in it are relative to the working folder.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        try self.init(RecipeFile(path, in: "Finetuning"), overrides)
    }

    init(_ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]) throws {
        var settings = Settings()
        var resolved = try ResolvedRecipe(of: .finetuning, into: &settings, file, overrides)
        let options = settings.options
        resolved.refuse(options.precision)
        resolved.refuse(
            "patience", judgedBy: ["selection"], if: options.patience > 0 && options.selection == .last,
            "patience wants selection: best; the last epoch has no better one")
        let named = Result { try GlueTask.named(settings.taskName) }
        switch named {
        case .failure(let error):
            resolved.refuse("task", if: true, (error as? GlueError)?.problem ?? "\(error)")
        case .success(let task):
            let known = task.metrics + task.others
            resolved.refuse(
                "score", if: !(options.metrics ?? []).allSatisfy(known.contains),
                "\(task.title) is scored by \(known.map(\.rawValue).joined(separator: ", "))")
        }
        try resolved.check()
        (self.resolved, self.settings, task) = (resolved, settings, try named.get())
    }

    /// Holds the recipe to the encoder that its checkpoint brings.
    ///
    /// - Throws: `RecipeErrors` where it freezes or renews more blocks than there are, or some of them twice.
    public func check(_ encoder: EncoderOptions) throws {
        var resolved = resolved
        let (frozen, fresh) = (settings.options.layers.frozen, settings.options.layers.fresh)
        for (key, count) in [("layers.frozen", frozen), ("layers.fresh", fresh)] {
            resolved.refuse(
                key, if: count > encoder.layers, "\(key) is \(count); the checkpoint has \(encoder.layers) blocks")
        }
        resolved.refuse(
            "layers.fresh",
            if: frozen > 0 && fresh > 0 && max(frozen, fresh) <= encoder.layers && frozen + fresh > encoder.layers,
            "layers.frozen \(frozen) and layers.fresh \(fresh) overlap in \(encoder.layers) blocks, which would stay random"
        )
        try resolved.check()
    }
}
