import ArgumentParser
import Checkpoints
import Foundation
import Glue
import Tokenization
import Training

/// What stands for WNLI in an average: its dev set contradicts its training set, so that a model that learns scores below the
/// majority (GLUE's frequently asked questions, 12).
enum WNLIPolicy: String, ExpressibleByArgument, CaseIterable {
    case majority, train, skip
}

extension Finetune {
    /// Fine-tunes on every task whose files there are, one after another, each in a folder of its name, and writes the table
    /// with the average.
    func finetuneAll() throws {
        guard let data else { throw ValidationError("--task all wants --data DIR, the folder of all tasks") }
        guard let checkpoint else { throw ValidationError("--task all wants --checkpoint FOLDER") }
        let (folder, files) = (output ?? "Checkpoints/glue", URL(fileURLWithPath: data, isDirectory: true))
        var table = GlueTable(published)
        for task in try tasksInOrder() where task.name != "wnli" || wnli != .skip {
            guard let train = task.train, TaskFile.exists(task, train, in: files),
                TaskFile.exists(task, task.dev[0], in: files)
            else {
                Terminal.line("\(task.title): no train.tsv or no \(task.dev[0].name).tsv in \(data); left out")
                continue
            }
            Terminal.line("")
            Terminal.line(task.title)
            if task.name == "wnli", wnli == .majority {
                table.add(task, try majority(task, files, checkpoint), note: "by majority")
            } else {
                var one = self
                one.task = task.name
                one.fromTask = nil
                if let fromTask, Self.small.contains(task.name) {
                    one.checkpoint = "\(folder)/\(GlueTask.plain(fromTask))/best"
                }
                one.output = "\(folder)/\(task.name)"
                table.add(task, try one.finetune().evaluation)
            }
            try table.text.write(toFile: "\(folder)/table.md", atomically: true, encoding: .utf8)
        }
        guard !table.isEmpty else { throw GlueError(data, "holds no task; wanted for example SST-2/train.tsv there") }
        Terminal.line("")
        Terminal.line(table.text)
    }

    /// Tasks with few training rows, which gain from another task's encoder (Phang et al. 2018).
    private static let small = ["mrpc", "stsb", "rte"]

    /// All tasks, those first that others begin from.
    private func tasksInOrder() throws -> [GlueTask] {
        guard let fromTask else { return GlueTask.all }
        let first = try GlueTask.named(fromTask)
        guard !Self.small.contains(first.name) else {
            throw ValidationError(
                "--from-task \(fromTask): wanted a task that does not begin from it, for example mnli")
        }
        return [first] + GlueTask.all.filter { $0 != first }
    }

    /// The dev score of always saying what most training rows say.
    private func majority(_ task: GlueTask, _ files: URL, _ checkpoint: String) throws -> TaskEvaluation {
        let tokenizer = try TokenizerFolder.load(URL(fileURLWithPath: checkpoint, isDirectory: true))
        let data = try TaskData(task, in: files, tokenizer, length: 512)
        let counts = (0..<task.outputs).map { label in data.training.count { Int($0.target) == label } }
        let logits = counts.map { Float($0) }
        return TaskEvaluation(data, logits: data.dev.map { _ in logits })
    }
}
