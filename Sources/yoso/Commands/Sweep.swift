import ArgumentParser
import Console
import Foundation
import Recipes
import Reports
import Shipped
import Tensors
import Training

/// `yoso sweep RECIPE --over KEY=VALUE,…`: the same run once for every value, and one table. Interrupted, the same command
/// goes on where it was.
struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain once for every value of a key, fine-tune each on request, and compare them in one table.")

    @Argument(help: "A pretraining recipe.") var recipe: String
    @Option(
        help: """
            The key and its values, for example model.attention=softmax,yoso(hashes=16),yoso(hashes=32 convolution=33): \
            what stands in brackets are keys below it.
            """) var over: String
    @OptionGroup var settings: Settings
    @Option(help: "Text files or folders in the place of corpus.text.") var data: String?
    @Option(help: "Folder of the tokenizer in the place of vocabulary.") var vocabulary: String?
    @Option(help: "A task of GLUE, or the path of a fine-tuning recipe, to fine-tune every result on.") var task:
        String?
    @Option(help: "Folder of the task's files.") var taskData: String?
    @Option(help: "Folder of the runs and of table.md.") var output = "Checkpoints/sweep"

    func run() throws {
        let variants = try SweepVariant.parse(over)
        guard (taskData == nil) == (task == nil) || taskData == nil && isRecipe else {
            throw ValidationError("wanted both or neither of --task and --task-data, a folder or sample")
        }
        // Everything is checked before the first run starts.
        let runs = try variants.map { variant in
            let arguments =
                [recipe] + settings.settings.flatMap { ["--set", $0] } + variant.settings.flatMap { ["--set", $0] }
            let options = [
                ("--data", data), ("--vocabulary", vocabulary), ("--output", folder(variant, "pretraining")),
            ]
            let run = try Pretrain.parse(arguments + options.flatMap { name, value in value.map { [name, $0] } ?? [] })
            return (run, options: try run.read().options)
        }
        for (variant, (_, options)) in zip(variants, runs) { try fineTuning(of: variant, options)?.checkFiles() }
        var table = SweepTable(key: variants[0].key, task: task.map(ShippedFile.name))
        for (variant, (run, options)) in zip(variants, runs) {
            Terminal.line("")
            Terminal.line(variant.name)
            let evaluation = try run.pretrain().0
            table.add(variant.name, evaluation, score: try fineTuning(of: variant, options)?.finetune().evaluation)
            try ReportFile.write(text: table.text, to: "\(output)/table.md")
        }
        Terminal.line("")
        Terminal.line(table.text)
        Terminal.next("yoso report \(folder(variants[0], "pretraining"))")
    }

    private func folder(_ variant: SweepVariant, _ part: String) -> String { "\(output)/\(variant.folder)/\(part)" }

    /// The run on the task, in the precision and on the threads that the variant was pretrained in.
    private func fineTuning(of variant: SweepVariant, _ options: PretrainingOptions) throws -> Finetune? {
        guard let task else { return nil }
        let run = folder(variant, ShippedFile.name(of: task))
        let data = taskData.map { ["--data", $0] } ?? []
        return try Finetune.parse(
            [
                "--checkpoint", folder(variant, "pretraining/best"), "--output", run,
                "--set", "precision=\(options.precision.rawValue)", "--set", "threads=\(options.threads)",
            ] + data + (isRecipe ? [task] : ["--task", task]))
    }

    private var isRecipe: Bool { task?.hasSuffix(".yaml") ?? false }
}

/// One value of the key of a sweep.
struct SweepVariant: Equatable {
    let key: String
    /// As the user wrote it.
    let name: String
    /// `key=value`, and the keys below it.
    let settings: [String]

    /// The name as part of a path.
    var folder: String { name.asFolderName }

    /// - Throws: `ValidationError` where `text` is no `KEY=VALUE,VALUE(KEY=VALUE …),…`, or says a value twice.
    static func parse(_ text: String) throws -> [SweepVariant] {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw ValidationError("--over \(text): wanted KEY=VALUE,VALUE,…")
        }
        let key = parts[0]
        let variants = try parts[1].split(separator: ",", omittingEmptySubsequences: false).map { part in
            let name = part.trimmingCharacters(in: .whitespacesAndNewlines)
            let pieces = name.split(separator: "(", maxSplits: 1).map(String.init)
            guard let value = pieces.first, !value.isEmpty, pieces.count == 1 || name.hasSuffix(")") else {
                throw ValidationError("--over \(text): '\(name)' is no value; wanted for example yoso(hashes=16)")
            }
            let below = pieces.count == 1 ? [] : pieces[1].dropLast().split(separator: " ").map { "\(key).\($0)" }
            return SweepVariant(key: key, name: name, settings: ["\(key)=\(value)"] + below)
        }
        for (index, variant) in variants.enumerated() where variants[..<index].contains(variant) {
            throw ValidationError("--over \(text): '\(variant.name)' occurs twice")
        }
        return variants
    }
}

/// The results of a sweep as a Markdown table.
struct SweepTable {
    let key: String
    let task: String?
    private var titles: [String] = []
    private var rows: [String] = []
    /// Of the task's splits those that are not official.
    private var subsets: [SplitCount] = []

    init(key: String, task: String?) {
        (self.key, self.task) = (key, task)
    }

    mutating func add(_ name: String, _ evaluation: EvaluationReport<Figures>, score: TaskEvaluation?) {
        subsets = score?.subsets ?? subsets
        let score = task.map { _ in " \(score.map { Show.percent($0.primary) } ?? "–") |" } ?? ""
        // In one order, of a run that ended now as of one that is read.
        let figures = evaluation.body.figures.filter { $0.unit != .count }.sorted { $0.name < $1.name }
        titles = figures.map(\.title)
        let cells =
            [name, Show.count(evaluation.totalTokens)] + figures.map(Show.value) + [Show.time(evaluation.seconds)]
        rows.append("| \(cells.joined(separator: " | ")) |\(score)")
    }

    var text: String {
        let head = [key, "tokens"] + titles + ["time"] + (task.map { [$0] } ?? [])
        let lines = ["| \(head.joined(separator: " | ")) |", "|" + String(repeating: "---|", count: head.count)] + rows
        return (lines + subsets.flatMap { ["", $0.description] }).joined(separator: "\n") + "\n"
    }
}
