import Attention
import Bert
import Checkpoints
import Foundation
import Glue
import Options
import Tasks
import Training

/// A fine-tuning recipe: complete, typed and checked before any work starts.
@dynamicMemberLookup
public struct FineTuningRecipe: Sendable {
    public let resolved: ResolvedRecipe
    /// One of the user's own has no labels before its rows are read.
    public let task: TaskSource
    private let settings: Settings

    public struct Settings: Configurable {
        var kind = RecipeKind.finetuning
        public var name = ""
        var taskName: String?
        var ownTask = OwnTask()
        /// Pretrained Hugging Face folder, or a run.
        public var checkpoint = ModelPath.inBox
        /// Folder of the task's files, or `sample`; that of the recipe for a task of the user's own, nil for one of GLUE, where
        /// neither recipe nor command names one.
        public var data: String?
        public var options = FineTuningOptions()

        public init() {}

        public static var options: [Option<Self>] {
            RecipeKind.option(\.kind)
            Option("name", \.name, .folderName, "the name of the run, and of its folder below Checkpoints").required
            Option("task", \.taskName, .textOrNone, "GLUE task; one of your own is described by the keys below it")
            Option.group("task", \.ownTask)
            Option("checkpoint", \.checkpoint, .text, "pretrained Hugging Face folder, or a run")
            Option("data", \.data, .textOrNone, "folder of the task's files; sample is the generator that ships")
            Option.group("", \.options)
        }
    }

    public var isOwnTask: Bool { settings.taskName == nil }

    public subscript<Value>(dynamicMember path: KeyPath<Settings, Value>) -> Value { settings[keyPath: path] }

    /// Reads the recipe at `path`, or the one of that name that ships, with overrides from the command line. Paths in it are
    /// relative to the working folder, but the files of a task of the user's own to `data`.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        try self.init(RecipeFile(path, in: "Finetuning"), overrides)
    }

    init(_ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]) throws {
        var settings = Settings()
        let keys = file.entries.map(\.key) + overrides.map(\.key)
        let describesTask = keys.contains { $0.hasPrefix("task.") }
        // The files of a task of the user's own lie beside the recipe where nothing else is said.
        let folder = (file.name as NSString).deletingLastPathComponent
        let beside = ResolvedRecipe.Override(
            key: "data", value: folder.isEmpty ? "." : folder, argument: "folder of \(file.name)")
        var resolved = try ResolvedRecipe(
            of: .finetuning, into: &settings, file,
            overrides + (describesTask && !keys.contains("data") ? [beside] : []))
        let options = settings.options
        resolved.refuse(options.precision, on: options.device)
        resolved.refuse(options.wire, between: options.shards, on: options.device)
        resolved.refuse(
            "patience", judgedBy: ["selection"], if: options.patience > 0 && options.selection == .last,
            "patience wants selection: best; the last epoch has no better one")
        let own = settings.ownTask
        if let name = settings.taskName {
            let stray = resolved.stated(below: "task")
            resolved.refuse(
                stray ?? "", if: stray != nil, "\(stray ?? "") is for a task of your own, but the task is \(name)")
        } else if !describesTask {
            resolved.refuse("task", if: true, "the key 'task' is missing; wanted a text")
        } else {
            for (key, text) in own.contradictions { resolved.refuse("task.\(key)", if: true, text) }
            // Tables, protocols and comparisons know a task by its name.
            let name = own.name ?? settings.name
            resolved.refuse(
                own.name == nil ? "name" : "task.name", if: GlueTask.all.map(\.name).contains(TaskSource.plain(name)),
                "a task of your own is called '\(name)', as one of GLUE; wanted another task.name")
        }
        let named = Result { try settings.taskName.map { try GlueTask.named($0) } ?? own.source(called: settings.name) }
        switch named {
        case .failure(let error):
            resolved.refuse("task", if: true, (error as? TaskError)?.problem ?? "\(error)")
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
    /// - Throws: `RecipeErrors` where it freezes or renews more blocks than there are, or some of them twice, or drops weights that
    ///   its attention does not have, or wants a GPU that does not compute it.
    public func check(_ encoder: EncoderOptions) throws {
        var resolved = resolved
        resolved.refuse(settings.options.problemsOnDevice(encoder), on: settings.options.device)
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
        let rate = settings.options.attentionDropout ?? 0
        resolved.refuse(
            "attentionDropout", if: rate > 0 && !encoder.attention.dropsWeights,
            "attentionDropout is \(rate); the checkpoint's attention has no softmax weights to drop, wanted 0")
        try resolved.check()
    }
}
