import ArgumentParser
import Bert
import Checkpoints
import Console
import Digests
import Foundation
import Glue
import Recipes
import Reports
import Tasks
import Tensors
import Tokenization
import Training

/// `yoso finetune --task T`: fine-tunes a pretrained encoder on a GLUE task.
struct Finetune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fine-tune a pretrained encoder on a GLUE task, or on all of them, or continue an interrupted run.")

    @Argument(
        help: """
            A recipe, by its name or path, whose task may be your own; the default is the one called as --task, or for sst2 \
            without --data sample.yaml.
            """)
    var recipe: String?
    @Option(
        help:
            "A task of GLUE, for example sst2, or of the Long Range Arena, for example listops; all and lra for every one whose files there are."
    ) var task: String?
    @OptionGroup var settings: Settings
    @Option(help: "Pretrained Hugging Face folder, or a run, in the place of checkpoint.") var checkpoint: String?
    @Option(help: "Folder of the task's files in the place of data.") var data: String?
    @Option(help: "Folder of the run, or with all of the runs; the default is Checkpoints/NAME or Checkpoints/glue.")
    var output: String?
    @Option(
        help:
            "With all, WNLI by the majority of its training labels (majority), like the others (train), or not (skip).")
    var wnli = WNLIPolicy.majority
    @Option(
        help: """
            Keys and values as a published table has them: bert, miniatures, m-fac, run-glue, sane, mosaic or electra; \
            --set goes over them.
            """)
    var `protocol`: String?
    @Option(
        help: """
            A key and values to try, for example optimizer.rate=1e-4,3e-4; repeatable, all combinations by successive \
            halving.
            """)
    var search: [String] = []
    @Option(
        help: """
            Begin with the encoder that was fine-tuned on another task, Checkpoints/TASK/best; with all, MRPC, STS-B and \
            RTE do, which are small.
            """)
    var fromTask: String?
    @Option(help: "Runs with the seeds 1 to this, and their statistics; with all, medians in the table.") var seeds:
        Int?
    @Flag(help: "Take the checkpoint's shape and vocabulary, but random weights.") var randomWeights = false

    func validate() throws {
        if recipe == nil, task == nil { throw ValidationError("wanted a recipe, or --task with a task of GLUE") }
        if fromTask != nil, randomWeights { throw ValidationError("--from-task with --random-weights") }
        if fromTask != nil, checkpoint != nil, task != "all" {
            throw ValidationError("--from-task with --checkpoint: wanted one of them")
        }
        if let seeds, seeds < 1 { throw ValidationError("--seeds \(seeds): wanted at least 1") }
        if seeds != nil, settings.overrides.contains(where: { $0.key == "seed" }) {
            throw ValidationError("--seeds with --set seed: wanted one of them")
        }
        if let name = self.protocol, FineTuningProtocol.named(name) == nil {
            let names = FineTuningProtocol.all.map(\.name).joined(separator: ", ")
            throw ValidationError("--protocol \(name): wanted one of \(names)")
        }
        if let published, published.start == .forbidden, fromTask != nil {
            throw ValidationError(
                "--protocol \(published.name) with --from-task: every task begins from the pretrained weights")
        }
        _ = try SearchGrid(search)
        for key in settings.overrides.map(\.key) where search.contains(where: { $0.hasPrefix("\(key)=") }) {
            throw ValidationError("\(key) is both set and searched; wanted one of them")
        }
    }

    func run() throws {
        if task == "lra" {
            try finetuneLongRange()
            Terminal.next("yoso evaluate --task lra --checkpoint \(output ?? "Checkpoints/lra")")
        } else if task == "all" {
            try finetuneAll()
            Terminal.next("yoso submit --data \(data ?? "DIR") --checkpoints \(output ?? "Checkpoints/glue")")
        } else if let seeds {
            _ = try finetuneSeeds(seeds)
            Terminal.next("yoso compare \(try folder) ANOTHER, of other settings")
        } else if let recipe = try longRangeRecipe() {
            _ = try finetune(recipe)
            Terminal.next("yoso evaluate --checkpoint \(try folder)")
        } else {
            _ = try finetune()
            Terminal.next("yoso predict --checkpoint \(try folder), yoso report \(try folder)")
        }
    }

    /// Of the run, or of all of several.
    private var folder: String {
        get throws {
            if let output { return output }
            if let recipe = try longRangeRecipe() {
                return "Checkpoints/\(seeds == nil ? recipe.name : "\(recipe.task.name)-seeds")"
            }
            let recipe = try read()
            if seeds != nil { return "Checkpoints/\(recipe.task.name)-seeds" }
            guard search.isEmpty, publishedGrid.isEmpty else { return "Checkpoints/\(recipe.task.name)-search" }
            return "Checkpoints/\(recipe.name)"
        }
    }

    /// Runs to the end and returns the best epoch, of an earlier process where the run had ended before.
    ///
    /// - Parameter common: the settings that the rest of a table has too; nil for all that the user set.
    func finetune(untilEpoch: Int = .max, common: [String]? = nil) throws -> EvaluationReport<DevScores> {
        let grid = search + (search.isEmpty && untilEpoch == .max ? publishedGrid : [])
        guard grid.isEmpty else { return try finetuneSearch(grid) }
        let recipe = try read()
        guard let checkpoint = recipe.checkpoint else {
            throw CheckpointError(URL(fileURLWithPath: "."), "no checkpoint is named; pass --checkpoint FOLDER")
        }
        guard let data = recipe.data else {
            throw TaskError("data", "no folder is named; pass --data DIR, or set data in the recipe")
        }
        let files = try SampleData.task(data)
        let task = try recipe.task.withLabels(in: files)
        let interruption = Signals.shared.interruption()
        let display = RunDisplay()
        let source = ModelPath.url(checkpoint)
        if let fromTask { try Self.check(source, isOf: fromTask) }
        _ = try HuggingFaceConfiguration(of: source)
        let tokenizer = try TokenizerFolder.load(source)
        let encoder = try Self.encoder(of: source, tokenizer, length: recipe.options.length)
        try recipe.check(encoder)
        guard encoder.segments >= task.texts.count else {
            throw CheckpointError(
                source, "type_vocab_size is \(encoder.segments); the pairs of \(task.title) want 2")
        }
        if !randomWeights {
            let unused = try PretrainedEncoder.check(source, encoder, outputs: task.target.outputs, recipe.options)
            if let note = unused.note { display.note("note: \(checkpoint): \(note)") }
        }
        if let objection = TokenizerFolder.objection(tokenizer) { display.note("note: \(objection)") }
        let rows = try TaskData(task, in: files, tokenizer, length: recipe.options.length)
        if task != recipe.task { display.note("labels: \(rows.labelCounts)") }
        rows.notes.forEach(display.note)
        let folder = try RunFolder(URL(fileURLWithPath: output ?? "Checkpoints/\(recipe.name)", isDirectory: true))
        display.note(
            "\(folder.url.relativePath): OpenBLAS \(OpenBLAS.coreName) core, weights "
                + (randomWeights ? "random" : "of \(checkpoint)"))
        if let pin = OpenBLASPin.current { display.note("note: \(pin)") }
        let digest = randomWeights ? "random" : try ModelFolder.digest(source)
        let weights = randomWeights ? digest : try TableSettings.weights(of: source, digest: digest)
        let table = TableSettings(
            protocol: self.protocol, settings: common ?? settingsInCommon, weights: weights)
        // What GLUE is, the program knows.
        let own = recipe.isOwnTask ? try HuggingFaceConfiguration.notes(of: task) : [:]
        let run = try Run(
            encoder: encoder, options: recipe.options, tokenizer: tokenizer, data: rows, folder: folder,
            pretrained: randomWeights ? nil : source, weights: digest, recipe: recipe.resolved.yaml,
            notes: table.notes(weights: weights).merging([
                "data": data, "recipe": SHA256.hexadecimal(of: Data(recipe.resolved.yaml.utf8)),
                "score": recipe.options.metrics?.map(\.rawValue).joined(separator: " ") ?? "auto",
                "subsets": rows.subsets.filter { $0.split == "training" }.map(\.description).joined(separator: "; "),
            ]) { $1 }.merging(own) { $1 }, untilEpoch: untilEpoch, display.show)
        try stopping { try run(interruption) }
        guard let best = run.best else {
            throw CheckpointError(
                folder.metrics, "tells of no epoch, though the run had ended; choose another --output")
        }
        try folder.write(
            ReportFile.json(FineTuningReport(protocol: table.protocolName, settings: table.hash, best: best)),
            to: "report.json")
        let scores = Show.result(best.body)
        display.note("best: epoch \(best.epoch), dev \(scores); \(folder.best.relativePath)")
        for other in published?.published ?? [] {
            if let text = other.text(of: task) { display.note("published, \(other.split): \(text)") }
        }
        if let published, published.start == .wanted, Self.small.contains(task.name), fromTask == nil {
            display.note("note: \(published.name) begins \(task.title) from MNLI; pass --from-task mnli for the same")
        }
        return best
    }

    /// `report.json`
    private struct FineTuningReport: Encodable {
        var `protocol`: String
        var settings: String
        var best: EvaluationReport<DevScores>
    }

    /// What the user set, less what may differ between the rows of a table: the seed, and what a search tries.
    var settingsInCommon: [String] {
        let varied = ["seed", "threads"] + (search + (published?.search ?? [])).map { String($0.prefix { $0 != "=" }) }
        return settings.overrides.filter { !varied.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    }

    /// Reads the recipe and the task's files, so that what is wrong with them is said before other work.
    func checkFiles() throws {
        let recipe = try read()
        guard let data = recipe.data else { return }
        let task = try recipe.task.withLabels(in: SampleData.task(data))
        for (index, file) in ((task.train.map { [$0] } ?? []) + task.dev).enumerated() {
            let folder = try SampleData.task(data)
            guard index < 2 || TaskFile.exists(task, file, in: folder) else { continue }
            _ = try TaskFile(task, file, in: folder)
        }
    }

    var published: FineTuningProtocol? { self.protocol.flatMap(FineTuningProtocol.named) }

    /// What the protocol tunes, less the keys that the user fixes.
    private var publishedGrid: [String] {
        let fixed = settings.overrides.map(\.key)
        return (published?.search ?? []).filter { text in
            !fixed.contains { text.hasPrefix("\($0)=") }
        }
    }

    /// The recipe, and over it the protocol, what is set, and flags.
    func read() throws -> FineTuningRecipe {
        let named = try task.map(GlueTask.named)
        let shipped = data == nil && named?.name == "sst2" ? "sample" : named?.name
        let recipe = recipe ?? shipped ?? ""
        let overrides = settings.overrides + flags(named)
        guard let published else { return try FineTuningRecipe(recipe, overrides) }
        let task = try named ?? FineTuningRecipe(recipe, overrides).task
        return try FineTuningRecipe(recipe, published.overrides(task) + overrides)
    }

    private func flags(_ task: TaskSource?) -> [ResolvedRecipe.Override] {
        let flags = [
            ("checkpoint", checkpoint, "--checkpoint"),
            ("checkpoint", fromTask.map { "Checkpoints/\(TaskSource.plain($0))/best" }, "--from-task"),
            ("data", data, "--data"), ("task", task?.name, "--task"),
        ]
        return flags.compactMap { key, value, name in
            value.map { ResolvedRecipe.Override(key: key, value: $0, argument: "\(name) \($0)") }
        }
    }

    /// - Throws: where `folder` is no checkpoint that was fine-tuned on the task called `name`.
    private static func check(_ folder: URL, isOf name: String) throws {
        let task = try GlueTask.named(name)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw CheckpointError(
                folder, "is not there; run yoso finetune --task \(task.name) before --from-task \(task.name)")
        }
        let other = try HuggingFaceConfiguration(of: folder).yoso?["task"] ?? "no task"
        guard other == task.name else {
            throw CheckpointError(folder, "was fine-tuned on \(other); wanted \(task.name)")
        }
    }

    /// The encoder of a checkpoint, held to its tokenizer and to the length of the inputs.
    static func encoder(of folder: URL, _ tokenizer: any Tokenizer, length: Int) throws -> EncoderOptions {
        let configuration = try HuggingFaceConfiguration(of: folder)
        let options = try configuration.encoderOptions(folder)
        // More embeddings than ids are common: a round number of them is faster.
        guard configuration.vocabularySize >= tokenizer.vocabularySize else {
            throw CheckpointError(
                folder,
                "the model has \(configuration.vocabularySize) word embeddings, its tokenizer \(tokenizer.vocabularySize) ids"
            )
        }
        guard configuration.positions >= length else {
            throw CheckpointError(
                folder, "the model has \(configuration.positions) positions; wanted at least the length \(length)")
        }
        if let limit = options.attention.lengthLimit, limit < length {
            throw CheckpointError(folder, "its linformer takes \(limit) tokens; wanted at least the length \(length)")
        }
        return options
    }
}
