import ArgumentParser
import Checkpoints
import Foundation
import Glue
import Recipes
import Tensors
import Training

/// `yoso evaluate --checkpoint C`: the dev set of the task that a checkpoint was fine-tuned on; with `--task all` those of all
/// tasks, and the average of GLUE.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Score fine-tuned checkpoints on their tasks' dev sets.")

    @Option(
        help: """
            The task; the default is the one that the checkpoint was fine-tuned on. With all, --checkpoint is a folder of \
            runs by the names of their tasks, as finetune --task all leaves it.
            """) var task: String?
    @Option(help: "A fine-tuned Hugging Face folder.") var checkpoint: String
    @Option(help: "Folder of the task's files; the default is the one that it was fine-tuned on.") var data: String?
    @Option(help: "Longest input in tokens.") var length: Int?
    @Option(help: "fp32, or bf16 for more speed.") var precision = Precision.fp32

    func validate() throws { try precision.check() }

    func run() throws {
        let folder = URL(fileURLWithPath: checkpoint, isDirectory: true)
        guard task == "all" else {
            let (task, evaluation, speed) = try evaluate(folder)
            print("\(task.title) dev: \(FineTuningDisplay.scores(evaluation)), \(Show.count(speed)) rows/s")
            return
        }
        var table: GlueTable?
        var first: (task: GlueTask, protocol: String)?
        for task in GlueTask.all {
            let best = folder.appendingPathComponent("\(task.name)/best")
            guard FileManager.default.fileExists(atPath: best.path) else { continue }
            let other = try HuggingFaceConfiguration(of: best).yoso?["protocol"] ?? "unknown"
            if let first, first.protocol != other {
                throw CheckpointError(
                    best,
                    "its protocol is \(other), that of \(first.task.title) \(first.protocol); one table has one protocol"
                )
            }
            first = first ?? (task, other)
            table = table ?? GlueTable(FineTuningProtocol.named(other))
            table?.add(task, try evaluate(best, task.name).evaluation)
        }
        guard let table else {
            throw CheckpointError(folder, "holds no run of a task; wanted for example \(checkpoint)/sst2/best")
        }
        print(table.text)
    }

    private func evaluate(
        _ folder: URL, _ only: String? = nil
    ) throws -> (task: GlueTask, evaluation: TaskEvaluation, rowsPerSecond: Double) {
        let notes = try HuggingFaceConfiguration(of: folder).yoso
        guard let name = only ?? task ?? notes?["task"] else {
            throw CheckpointError(folder, "does not say which task it is for; pass --task, or fine-tune it first")
        }
        let task = try GlueTask.named(name)
        guard let source = data ?? notes?["data"] else {
            throw GlueError("data", "no folder is named; pass --data DIR")
        }
        let classifier = try SavedClassifier(folder, length: length, precision: precision)
        let rows = try TaskData(
            task, in: SampleData.task(source), classifier.tokenizer, length: classifier.length, withTraining: false)
        rows.notes.forEach { print($0) }
        if let trained = notes?["task"], trained != task.name { print("note: it was fine-tuned on \(trained)") }
        let start = ContinuousClock.now
        let logits = try classifier.logits(rows.dev, of: task)
        let seconds = start.duration(to: .now).seconds
        return (task, TaskEvaluation(rows, logits: logits), Double(rows.dev.count) / seconds)
    }
}
