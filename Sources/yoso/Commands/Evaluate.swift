import ArgumentParser
import Checkpoints
import Console
import Foundation
import Glue
import Recipes
import Tasks
import Tensors
import Tokenization
import Training

/// `yoso evaluate --checkpoint C`: the dev set of the task that a checkpoint was fine-tuned on; with `--task all` those of all
/// tasks, and the average of GLUE.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Score fine-tuned checkpoints on their tasks' dev sets.")

    @Option(
        help: """
            The task; the default is the one that the checkpoint was fine-tuned on. With all, --checkpoint is a folder of \
            runs by the names of their tasks, as finetune --task all leaves it; with lra one of tasks of the Long Range Arena.
            """) var task: String?
    @Option(help: "A fine-tuned Hugging Face folder, or a run.") var checkpoint: String
    @Option(help: "Folder of the task's files; the default is the one that it was fine-tuned on.") var data: String?
    @Option(help: "Longest input in tokens.") var length: Int?
    @Option(help: "fp32, or bf16 for more speed.") var precision = Precision.fp32
    @Option(
        help: """
            With all, WNLI by the majority of its training labels (majority), by its run like the others (train), or not \
            (skip); the default is majority where there is no run.
            """)
    var wnli: WNLIPolicy?

    func validate() throws { try precision.check() }

    func run() throws {
        if try longRange() { return }
        let folder = URL(fileURLWithPath: checkpoint, isDirectory: true)
        guard task?.lowercased() == "all" else {
            let (task, evaluation, speed) = try evaluate(ModelPath.url(checkpoint))
            Terminal.line(
                "\(task.title) dev: \(Show.result(DevScores(evaluation: evaluation))), \(Show.count(speed)) rows/s")
            return Terminal.next("yoso predict --checkpoint \(checkpoint)")
        }
        var runs: [(task: TaskSource, folder: URL)] = []
        for task in GlueTask.all where task.name != "wnli" || wnli == nil || wnli == .train {
            let best = folder.appendingPathComponent("\(task.name)/best")
            if FileManager.default.fileExists(atPath: best.path) { runs.append((task, best)) }
        }
        guard let first = runs.first else {
            throw CheckpointError(folder, "holds no run of a task; wanted for example \(checkpoint)/sst2/best")
        }
        let settings = try TableSettings(of: first.folder)
        for (_, best) in runs {
            let other = try TableSettings(of: best)
            guard other == settings else {
                throw CheckpointError(
                    best, "is by \(other), \(first.task.title) by \(settings); one table has one protocol and settings")
            }
        }
        var table = GlueTable(settings)
        for (task, best) in runs {
            let trainedOn = try HuggingFaceConfiguration(of: best).yoso?["subsets"] ?? ""
            table.add(task, try evaluate(best, task.name).evaluation, trainedOn: trainedOn)
        }
        if wnli == .majority || wnli == nil && !runs.contains(where: { $0.task.name == "wnli" }) {
            try addMajority(to: &table, first.folder)
        }
        Terminal.write(table.text)
        Terminal.next("yoso submit --data DIR --checkpoints \(checkpoint)")
    }

    /// WNLI by majority, where its files are.
    private func addMajority(to table: inout GlueTable, _ folder: URL) throws {
        let task = try GlueTask.named("wnli")
        guard let source = try data ?? HuggingFaceConfiguration(of: folder).yoso?["data"] else { return }
        let files = try SampleData.task(source)
        guard let train = task.train, TaskFile.isNamed(task, train, in: files) else { return }
        table.add(task, try .byMajority(task, in: files, TokenizerFolder.load(folder)), note: "by majority")
    }

    private func evaluate(
        _ folder: URL, _ only: String? = nil
    ) throws -> (task: TaskSource, evaluation: TaskEvaluation, rowsPerSecond: Double) {
        let configuration = try HuggingFaceConfiguration(of: folder)
        let notes = configuration.yoso
        guard var task = try (only ?? task).map(GlueTask.named) ?? configuration.task() else {
            throw CheckpointError(folder, "does not say which task it is for; pass --task, or fine-tune it first")
        }
        guard let source = data ?? notes?["data"] else {
            throw TaskError("data", "no folder is named; pass --data DIR")
        }
        var files = try SampleData.task(source)
        // Of a task of the user's own another file of rows will do.
        var isFolder: ObjCBool = true
        _ = FileManager.default.fileExists(atPath: source, isDirectory: &isFolder)
        if !isFolder.boolValue, task.hint == nil {
            task.dev = [.init(names: [files.lastPathComponent], title: task.title)]
            files = files.deletingLastPathComponent()
        }
        let classifier = try SavedClassifier(folder, length: length, precision: precision)
        let rows = try TaskData(
            task, in: files, classifier.tokenizer, length: classifier.length, withTraining: false)
        rows.notes.forEach { Terminal.line($0) }
        if let subsets = notes?["subsets"], !subsets.isEmpty { Terminal.line("trained on a subset, \(subsets)") }
        if let trained = notes?["task"], trained != task.name { Terminal.line("note: it was fine-tuned on \(trained)") }
        let start = ContinuousClock.now
        let logits = try classifier.logits(rows.dev, of: task)
        let seconds = start.duration(to: .now).seconds
        return (
            task, TaskEvaluation(rows, logits: logits, by: Metric.named(notes?["score"])),
            Double(rows.dev.count) / seconds
        )
    }
}
