import Checkpoints
import Console
import Foundation
import Glue
import Options
import Recipes
import Reports
import Shipped
import Tokenization
import Training

/// The same pretraining once for every value of a key, a fine-tuning of each on request, and one table.
public struct Sweep {
    private let variants: [SweepVariant]
    private let runs: [Pretraining]
    private let task: FineTuning?
    private let output: String
    private let spread: Spread

    /// Reads all recipes.
    ///
    /// - Parameters:
    ///   - recipe: a pretraining recipe, with overrides from the command line.
    ///   - over: the key and its values, `model.attention=softmax,yoso(hashes=32 convolution=33)`.
    ///   - task: of GLUE, or the path of a fine-tuning recipe (.yaml), that every result is fine-tuned on; nil for none.
    ///   - taskData: the folder of the task's files, or `sample`.
    ///   - output: the folder of all runs and of `table.md`.
    ///   - spread: of the ranks that it is started on.
    /// - Throws: `UsageError` where `over` is no such text, and `RecipeErrors`.
    public init(
        _ recipe: String, _ overrides: [ResolvedRecipe.Override], over: String, task: String?,
        taskData: String?, output: String, spread: Spread = .steps
    ) throws {
        let isRecipe = task?.hasSuffix(".yaml") ?? false
        guard (taskData == nil) == (task == nil) || taskData == nil && isRecipe else {
            throw UsageError("wanted both or neither of --task and --task-data, a folder or sample")
        }
        variants = try SweepVariant.parse(over)
        for setting in overrides where setting.key == variants[0].key {
            throw UsageError("--over \(setting.key) with \(setting.argument): wanted one of them")
        }
        runs = try variants.map { variant in
            let settings = variant.settings.compactMap(ResolvedRecipe.Override.init(setting:))
            return Pretraining(
                try PretrainingRecipe(recipe, overrides + settings),
                output: "\(output)/\(variant.folder)/\(Self.pretrainingName)")
        }
        if let (one, other) = ResolvedRecipe.alike(runs.map(\.recipe.resolved)) {
            throw UsageError("--over \(over): '\(variants[one].name)' and '\(variants[other].name)' are the same")
        }
        if !isRecipe, let task { _ = try GlueTask.named(task) }
        try spread.check(hasSeveralRuns: runs.count > 1, wanted: "several values in --over, or no --spread")
        (self.output, self.spread) = (output, spread)
        self.task = task.map { task in
            FineTuning { ($0.recipe, $0.task, $0.data) = (isRecipe ? task : nil, isRecipe ? nil : task, taskData) }
        }
        if taskName == Self.pretrainingName {
            throw UsageError("--task \(task ?? ""): a run of that name is the pretraining; wanted another name")
        }
    }

    /// The folder of a variant's pretraining, beside that of the task.
    private static let pretrainingName = "pretraining"

    /// The folder of the first run.
    public var first: String { runs[0].folder }

    /// Runs all that has not ended yet, in order, after everything is read.
    ///
    /// - Throws: as `Pretraining.run` and `Search.run`.
    public func run(_ observer: some RunObserver) throws {
        try ReportFile.check(table: "\(output)/table.md")
        try RunFolder.check(runs: variants.map(\.folder), in: output, below: Self.pretrainingName)
        let fineTunings = zip(variants, runs).map(fineTuning)
        try fineTunings.forEach { try $0?.checkFiles() }
        var sizes: [String: Int] = [:]
        for (run, one) in zip(runs, fineTunings) {
            let vocabulary = run.recipe.vocabulary
            let size = try sizes[vocabulary] ?? TokenizerFolder.load(at: vocabulary).vocabularySize
            sizes[vocabulary] = size
            let encoder = try run.recipe.encoderOptions(vocabularySize: size)
            try one.map { try FineTuning.check(encoder, of: ModelPath.url($0.checkpoint ?? ""), for: $0.read()) }
        }
        if spread == .runs { try tokenize(observer) }
        var table = SweepTable(key: variants[0].key, task: taskName)
        try spread.each(Array(variants.indices)) { index in
            observer.line("")
            observer.line(variants[index].name)
            guard let outcome = try observer.unlessDiverged({ try runs[index].run(observer) }) else { return Scores() }
            observer.line(outcome.text)
            let score = try fineTunings[index].flatMap { one in
                try observer.unlessDiverged { try Search(one, grid: []).run(observer).evaluation }
            }
            return Scores(pretraining: outcome.evaluation, task: score)
        } then: { index, scores in
            table.add(variants[index].name, scores.pretraining, score: scores.task)
            try ReportFile.write(text: table.text, to: "\(output)/table.md")
        }
        observer.line("")
        observer.line(table.text)
    }

    /// Of one variant; nil of a run that diverged.
    private struct Scores: Codable {
        var pretraining: EvaluationReport<Figures>?
        var task: TaskEvaluation?
    }

    /// Makes the tokens of every text, which all ranks do together.
    private func tokenize(_ observer: some RunObserver) throws {
        var seen: Set<[String]> = []
        for run in runs where seen.insert([run.recipe.vocabulary] + (run.recipe.text ?? [])).inserted {
            _ = try PretrainingSetup(run.recipe, observer)
        }
    }

    private var taskName: String? { task.flatMap { $0.recipe.map(ShippedFile.name) ?? $0.task } }

    /// The run on the task, in the precision, on the threads, on the GPU, in the shards and over the wire that the variant was
    /// pretrained in.
    private func fineTuning(of variant: SweepVariant, _ run: Pretraining) -> FineTuning? {
        let options = run.recipe.options
        var one = task?.setting(
            ["precision=\(options.precision.rawValue)", "threads=\(options.threads)"]
                + (options.device.map { ["device=\($0.rawValue)"] } ?? [])
                + (options.shards.map { ["shards=\($0)"] } ?? [])
                + (options.wire.map { ["wire=\($0.rawValue)"] } ?? []))
        one?.checkpoint = "\(run.folder)/best"
        one?.output = "\(output)/\(variant.folder)/\(taskName ?? "")"
        return one
    }
}

/// One value of the key of a sweep.
public struct SweepVariant: Equatable, Sendable {
    public let key: String
    /// As the user wrote it, on one line.
    public let name: String
    /// `key=value`, and the keys below it.
    public let settings: [String]

    /// The name as part of a path.
    var folder: String { name.asFolderName }

    /// - Throws: `UsageError` where `text` is no `KEY=VALUE,VALUE(KEY=VALUE …),…`, or says a value twice.
    public static func parse(_ text: String) throws -> [SweepVariant] {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw UsageError("--over \(text): wanted KEY=VALUE,VALUE,…")
        }
        let key = parts[0]
        let variants = try parts[1].split(separator: ",", omittingEmptySubsequences: false).map { part in
            // A long list is broken into lines anywhere.
            let name = part.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            do {
                let choice = try ChoiceText(name)
                let below = choice.settings.map { "\(key).\($0.key)=\($0.value)" }
                return SweepVariant(key: key, name: name, settings: ["\(key)=\(choice.name)"] + below)
            } catch {
                throw UsageError("--over \(text): \(error)")
            }
        }
        for (index, variant) in variants.enumerated() {
            try UsageError.check(folder: variant.folder, "--over: ")
            guard let other = variants[..<index].first(where: { $0.folder == variant.folder }) else { continue }
            throw UsageError(
                other == variant
                    ? "--over \(text): '\(variant.name)' occurs twice"
                    : "--over \(text): '\(other.name)' and '\(variant.name)' are both folder \(variant.folder); wanted one"
            )
        }
        return variants
    }
}

/// The results of a sweep as a Markdown table.
struct SweepTable {
    let key: String
    let task: String?
    private var rows: [Row] = []
    /// Of the task's splits those that are not official.
    private var subsets: [SplitCount] = []

    init(key: String, task: String?) {
        (self.key, self.task) = (key, task)
    }

    private struct Row {
        let name, tokens, time, score: String
        let figures: [Figure]
    }

    /// - Parameter evaluation: nil where the run diverged.
    mutating func add(_ name: String, _ evaluation: EvaluationReport<Figures>?, score: TaskEvaluation?) {
        subsets = score?.subsets ?? subsets
        rows.append(
            Row(
                name: name, tokens: evaluation.map { Show.count($0.totalTokens) } ?? "diverged",
                time: evaluation.map { Show.time($0.seconds) } ?? "–",
                score: score?.cell ?? (evaluation == nil ? "–" : "diverged"),
                figures: evaluation?.body.figures.filter { $0.unit != .count } ?? []))
    }

    var text: String {
        // Not all objectives have the same ones; in one order, of a run that ended now as of one that is read.
        let figures = Dictionary(rows.flatMap(\.figures).map { ($0.name, $0.title) }) { $1 }.sorted { $0.key < $1.key }
        let head = [key, "tokens"] + figures.map(\.value) + ["time"] + (task.map { [$0] } ?? [])
        let lines = rows.map { row in
            let values = figures.map { figure in row.figures.first { $0.name == figure.key }.map(Show.value) ?? "–" }
            return [row.name, row.tokens] + values + [row.time] + (task == nil ? [] : [row.score])
        }
        return ([MarkdownTable.text([head] + lines)] + subsets.map(\.description)).joined(separator: "\n\n") + "\n"
    }
}

extension TaskEvaluation {
    /// In a table of runs that differ: `61.2%`, `49.1% (dead)`.
    var cell: String { Show.percent(primary) + (isConstant ? " (dead)" : "") }
}
