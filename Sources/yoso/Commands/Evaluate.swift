import ArgumentParser
import Checkpoints
import Foundation
import Glue
import Tensors
import Tokenization
import Training

/// `yoso evaluate --checkpoint C`: the dev set of the task that a checkpoint was fine-tuned on.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Score a fine-tuned checkpoint on its task's dev set.")

    @Option(help: "The task; the default is the one that the checkpoint was fine-tuned on.") var task: String?
    @Option(help: "A fine-tuned Hugging Face folder.") var checkpoint: String
    @Option(help: "Folder of the task's files; the default is the one that it was fine-tuned on.") var data: String?
    @Option(help: "Longest input in tokens.") var length: Int?

    func run() throws {
        let folder = URL(fileURLWithPath: checkpoint, isDirectory: true)
        let configuration = try HuggingFaceConfiguration(of: folder)
        guard let name = task ?? configuration.yoso?["task"] else {
            throw CheckpointError(folder, "does not say which task it is for; pass --task, or fine-tune it first")
        }
        let task = try GlueTask.named(name)
        guard let labels = configuration.labelNames, labels == task.labels else {
            let found = configuration.labelNames.map { $0.joined(separator: ", ") } ?? "none"
            throw CheckpointError(
                folder, "its labels are \(found); \(task.title) wants \(task.labels.joined(separator: ", "))")
        }
        guard let source = data ?? configuration.yoso?["data"] else {
            throw GlueError("data", "no folder is named; pass --data DIR")
        }
        let length = length ?? configuration.yoso?["length"].flatMap { Int($0) } ?? 128
        let tokenizer = try TokenizerFolder.load(folder)
        let encoder = try Finetune.encoder(of: folder, tokenizer, length: length)
        let rows = try TaskData(
            task, in: SampleData.task(source), tokenizer, length: length, withTraining: false)
        rows.notes.forEach { print($0) }
        let tuner = FineTuner(encoder, outputs: task.outputs, FineTuningOptions(length: length))
        let fresh = try tuner.load(folder)
        guard fresh.isEmpty else {
            throw CheckpointError(folder, "has no classifier (\(fresh[0]) is missing); fine-tune it first")
        }
        let start = ContinuousClock.now
        let logits = tuner.predict(rows.dev.map(ClassificationExample.init))
        let seconds = start.duration(to: .now).seconds
        let evaluation = TaskEvaluation(rows, logits: logits)
        print(
            "\(task.title) dev: \(FineTuningDisplay.scores(evaluation)), "
                + "\(Show.count(Double(rows.dev.count) / seconds)) rows/s")
    }
}
