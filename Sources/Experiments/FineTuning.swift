import Bert
import Checkpoints
import Console
import Digests
import Foundation
import Glue
import LongRange
import Recipes
import Reports
import Shipped
import Tasks
import Tensors
import Tokenization
import Training

/// A fine-tuning by a recipe or a task's name, and what is said over it.
public struct FineTuning {
    /// A path, or a name that ships; nil for that of the task.
    public var recipe: String?
    /// A task of GLUE or of the Long Range Arena, `all`, or a recipe's path.
    public var task: String?
    /// Keys that are set over the recipe's and the protocol's.
    public var overrides: [ResolvedRecipe.Override] = []
    /// Pretrained folder, or a run, in the place of the recipe's.
    public var checkpoint: String?
    /// Folder of the task's files in the place of the recipe's.
    public var data: String?
    /// Folder of the run; nil for `Checkpoints/NAME`.
    public var output: String?
    /// Keys and values as a published table has them.
    public var published: FineTuningProtocol?
    /// Begins with the encoder that was fine-tuned on this task, `Checkpoints/TASK/best`.
    public var fromTask: String?
    /// Takes the checkpoint's shape and vocabulary alone.
    public var randomWeights = false
    /// Of the ranks that a command with several such runs is started on.
    public var spread = Spread.steps
    /// Those of the table that it is a row of; nil for its own.
    var tableSettings: [String]?
    /// As of `FineTuningProtocol.otherStart`, where that of the table's small tasks is the whole table's.
    var tableStart: String?
    /// Rows of a task of the Long Range Arena that were read before.
    var splits: [[LongRangeRow]]?

    public init(_ change: (inout FineTuning) -> Void = { _ in }) { change(&self) }

    /// The same with `key=value` of a flag over all that is set.
    func setting(_ settings: [String], by flag: String = "--set") -> FineTuning {
        var other = self
        other.overrides += settings.compactMap { ResolvedRecipe.Override(setting: $0, by: flag) }
        return other
    }

    /// The same run in another folder.
    func into(_ output: String) -> FineTuning {
        var other = self
        other.output = output
        return other
    }

    /// What contradicts itself, in the words of the command line.
    ///
    /// - Throws: `UsageError`.
    public func check(grid: [String], seeds: Int?) throws {
        if recipe == nil, task == nil { throw UsageError("wanted a recipe, or --task with a task of GLUE") }
        if fromTask != nil, randomWeights { throw UsageError("--from-task with --random-weights: wanted one of them") }
        if fromTask != nil, checkpoint != nil, task != "all" {
            throw UsageError("--from-task with --checkpoint: wanted one of them")
        }
        if let seeds, !(1...1000).contains(seeds) { throw UsageError("--seeds \(seeds): wanted 1 to 1,000") }
        if seeds != nil, overrides.contains(where: { $0.key == "seed" }) {
            throw UsageError("--seeds with --set seed: wanted one of them")
        }
        if let published, published.start == .forbidden, fromTask != nil {
            throw UsageError(
                "--protocol \(published.name) with --from-task: every task begins from the pretrained weights")
        }
        if let task, let setting = overrides.first(where: { $0.key == "task" }) {
            throw UsageError("--task \(task) with \(setting.argument): wanted one of them")
        }
        let named = task.flatMap { try? GlueTask.named($0) }
        if let recipe, let named, let own = try? FineTuningRecipe(recipe, overrides), own.task.name != named.name {
            throw UsageError("--task \(named.name) with \(recipe), whose task is \(own.task.name): wanted one of them")
        }
        _ = try SearchGrid(grid)
        if seeds != nil, grid.contains(where: { $0.hasPrefix("seed=") }) {
            throw UsageError("--seeds with --search seed: wanted one of them")
        }
        // Of all tasks some begin from the checkpoint, and some from a task.
        let start = task == "all" ? [] : fromTask.map { [("checkpoint", $0, "--from-task")] } ?? []
        try ResolvedRecipe.Override.check(overrides + flags(nil) + ResolvedRecipe.Override.list(start))
        for key in overrides.map(\.key) where grid.contains(where: { $0.hasPrefix("\(key)=") }) {
            throw UsageError("\(key) is both set and searched; wanted one of them")
        }
    }

    /// Runs to the end and returns the best epoch, of an earlier process where the run had ended before.
    ///
    /// - Parameters:
    ///   - untilEpoch: the run ends with this one.
    /// - Throws: `TrainingError.interrupted` where the observer stops it, and what reading and writing files throw.
    public func run(
        _ observer: some RunObserver, untilEpoch: Int = .max
    ) throws -> EvaluationReport<DevScores> {
        let recipe = try read()
        let checkpoint = recipe.checkpoint
        guard let data = recipe.data else {
            throw TaskError("data", "no folder is named; pass --data DIR, or set data in the recipe")
        }
        try recipe.task.check(data: self.data)
        let files = try SampleData.task(data)
        func reading<Value>(_ read: () throws -> Value) rethrows -> Value {
            try Heartbeat.during {
                $0.enter("reading the rows of \(recipe.task.title)")
                return try read()
            }
        }
        let task = try reading { try recipe.task.withLabels(in: files) }
        let interruption = observer.interruption()
        let (source, tokenizer, encoder) = try start(of: recipe)
        let start = randomWeights ? nil : try HuggingFaceConfiguration(of: source).provenance?.task
        let otherStart = try tableStart ?? published?.otherStart(of: task, from: start)
        if !randomWeights {
            let unused = try PretrainedEncoder.check(source, encoder, task.target, recipe.options)
            if let note = unused.note { observer.line("note: \(checkpoint): \(note)") }
        }
        if let objection = TokenizerFolder.objection(tokenizer) { observer.line("note: \(objection)") }
        if task.target.isValue, recipe.options.labelSmoothing > 0 {
            observer.line("note: labelSmoothing is \(recipe.options.labelSmoothing), which is not applied to values")
        }
        let rows = try reading {
            try TaskData(
                task, in: files, tokenizer, length: recipe.options.length, isGenerated: data == SampleData.name)
        }
        if task != recipe.task { observer.line("labels: \(rows.labelCounts)") }
        if data == SampleData.name {
            observer.line("rows: \(SampleData.rows(inFormOf: task.title)), of no benchmark")
        }
        rows.notes.forEach(observer.line)
        let folder = try RunFolder(output ?? "Checkpoints/\(recipe.name)", of: .finetuning)
        observer.begin(
            folder, try Computing(recipe.options, encoder),
            ", weights "
                + (randomWeights
                    ? "random" : "of \(checkpoint)" + (checkpoint == ModelPath.inBox ? ", the model in the box" : "")))
        let digest = randomWeights ? "random" : try ModelFolder.digest(source)
        let weights = randomWeights ? digest : try TableSettings.weights(of: source, digest: digest)
        let table = TableSettings(
            protocol: published, settings: settings(less: []), weights: weights, otherStart: otherStart)
        if published != nil, table.named == nil {
            observer.line(
                "note: the settings are not those of a published protocol: \(table.protocolName)"
                    + (otherStart == nil ? "" : "; --from-task mnli begins there"))
        }
        // What GLUE is, the program knows.
        let own = recipe.isOwnTask ? try task.json : nil
        let run = try Run(
            encoder: encoder, options: recipe.options, tokenizer: tokenizer, data: rows, folder: folder,
            pretrained: randomWeights ? nil : source, weights: digest, recipe: recipe.resolved.yaml,
            remember: {
                table.note(weights: weights, in: &$0)
                ($0.data, $0.ownTask, $0.start) = (data, own, start)
                $0.recipe = SHA256.hexadecimal(of: Data(recipe.resolved.yaml.utf8))
                $0.score = recipe.options.metrics?.map(\.rawValue).joined(separator: " ") ?? "auto"
                $0.subsets = rows.subsets.filter { $0.split == "training" }.map(\.description).joined(separator: "; ")
            }, untilEpoch: untilEpoch, observer.show)
        try run(interruption)
        guard let best = run.best else {
            throw CheckpointError(
                folder.metrics,
                "the best epoch is missing from it, so that no score is told; \(folder.best.relativePath) is unchanged")
        }
        // By which it was made, where it had ended before.
        let made = (try? TableSettings(of: folder.best)) ?? table
        if made != table { observer.line("note: \(folder.best.relativePath) is by \(made)") }
        try folder.write(
            ReportFile.json(FineTuningReport(protocol: made.protocolName, settings: made.hash, best: best)),
            to: RunFolder.reportName)
        let (scores, isLast) = (Show.result(best.body), recipe.options.selection == .last)
        observer.line(
            "best: epoch \(best.epoch), \(isLast ? "the last, " : "")dev \(scores); \(folder.best.relativePath)")
        for other in data == SampleData.name ? [] : made.named?.published ?? [] {
            if let text = other.text(of: task) { observer.line("published, \(other.split): \(text)") }
        }
        return best
    }

    /// `report.json`
    private struct FineTuningReport: Encodable {
        var `protocol`: String
        var settings: String
        var best: EvaluationReport<DevScores>
    }

    /// What the run begins with.
    ///
    /// - Parameter tokenizer: the checkpoint's, where it was read before.
    /// - Throws: where the checkpoint is none, or the recipe wants another.
    func start(
        of recipe: FineTuningRecipe, _ tokenizer: (any Tokenizer)? = nil
    ) throws -> (source: URL, tokenizer: any Tokenizer, encoder: EncoderOptions) {
        let (source, task) = (ModelPath.url(recipe.checkpoint), recipe.task)
        if let fromTask { try Self.check(source, isOf: fromTask) }
        if checkpoint == nil, fromTask == nil { try Self.checkPretrained(recipe.checkpoint, of: recipe.name) }
        _ = try HuggingFaceConfiguration(of: source)
        let tokenizer = try tokenizer ?? TokenizerFolder.load(source)
        var encoder = try EncoderOptions(of: source, tokenizer, length: recipe.options.length)
        encoder.drop(by: recipe.options)
        if !task.target.isOfWords { encoder.keepPooler(of: source) }
        try Self.check(encoder, of: source, for: recipe)
        return (source, tokenizer, encoder)
    }

    /// - Throws: where the encoder of `source`, which need not be there yet, is none for the recipe.
    static func check(_ encoder: EncoderOptions, of source: URL, for recipe: FineTuningRecipe) throws {
        try encoder.check(length: recipe.options.length, of: source)
        try recipe.check(encoder)
        guard encoder.segments >= recipe.task.texts.count else {
            throw CheckpointError(
                source, "type_vocab_size is \(encoder.segments); the pairs of \(recipe.task.title) want 2")
        }
    }

    /// Reads the recipe and the task's files, so that what is wrong with them is said before other work.
    func checkFiles() throws {
        let recipe = try read()
        guard let data = recipe.data else { return }
        let folder = try SampleData.task(data)
        let task = try recipe.task.withLabels(in: folder)
        for (index, file) in ((task.train.map { [$0] } ?? []) + task.dev).enumerated() {
            guard index < 2 || TaskFile.exists(task, file, in: folder) else { continue }
            _ = try TaskFile(task, file, in: folder)
        }
    }

    /// What the protocol tunes, less the keys that the user fixes.
    public var publishedGrid: [String] {
        let fixed = overrides.map(\.key)
        return (published?.search ?? []).filter { text in
            !fixed.contains { text.hasPrefix("\($0)=") }
        }
    }

    /// The recipe, and over it the protocol, what is set, and flags.
    ///
    /// - Throws: `RecipeErrors`, and `UsageError` where no task is named.
    public func read() throws -> FineTuningRecipe {
        let named = try task.map { try GlueTask.named($0, or: LongRangeTask.all.map(\.name) + ["all", "lra"]) }
        let shipped = data == nil && named?.name == "sst2" ? "sample" : named?.name
        let recipe = recipe ?? shipped ?? ""
        let start = fromTask.map { "Checkpoints/\(TaskSource.plain($0))/best" }
        let overrides =
            overrides + flags(named) + ResolvedRecipe.Override.list([("checkpoint", start, "--from-task")])
        var over = overrides
        if let published {
            over = try published.overrides(named ?? FineTuningRecipe(recipe, overrides).task) + overrides
        }
        let read = try FineTuningRecipe(recipe, over)
        let layers = read.options.layers
        for (key, count) in [("frozen", layers.frozen), ("fresh", layers.fresh)] where randomWeights && count > 0 {
            throw UsageError("layers.\(key) is \(count) with --random-weights, of which all blocks are new; wanted 0")
        }
        return read
    }

    private func flags(_ task: TaskSource?) -> [ResolvedRecipe.Override] {
        ResolvedRecipe.Override.list([
            ("checkpoint", checkpoint, "--checkpoint"),
            ("data", data, "--data"), ("task", task?.name, "--task"),
        ])
    }

    /// - Throws: `CheckpointError` where the run that a recipe begins from, and nobody named, was not made yet.
    private static func checkPretrained(_ path: String, of recipe: String) throws {
        let url = URL(fileURLWithPath: path, isDirectory: true)
        let name = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        guard ShippedFile.recipes(in: "Pretraining").map(ShippedFile.name).contains(name),
            path != ModelPath.inBox, !FileManager.default.fileExists(atPath: url.path)
        else { return }
        throw CheckpointError(
            url,
            "is not there, and the recipe \(recipe) begins from it; `yoso pretrain \(name)` makes it, or name another "
                + "by --checkpoint")
    }

    /// - Throws: where `folder` is no checkpoint that was fine-tuned on the task called `name`.
    private static func check(_ folder: URL, isOf name: String) throws {
        let task = try GlueTask.named(name)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw CheckpointError(
                folder, "is not there; run yoso finetune --task \(task.name) before --from-task \(task.name)")
        }
        let other = try HuggingFaceConfiguration(of: folder).provenance?.task ?? "no task"
        guard other == task.name else {
            throw CheckpointError(folder, "was fine-tuned on \(other); wanted \(task.name)")
        }
    }
}
