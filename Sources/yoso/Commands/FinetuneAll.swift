import ArgumentParser
import Checkpoints
import Console
import Foundation
import Glue
import Reports
import Tasks
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
        let start = fromTask ?? (published?.start == .wanted ? "mnli" : nil)
        var runs: [(task: TaskSource, run: Finetune)] = []
        for task in try tasksInOrder(from: start) where task.name != "wnli" || wnli != .skip {
            guard let train = task.train else { continue }
            guard TaskFile.isNamed(task, train, in: files), TaskFile.isNamed(task, task.dev[0], in: files) else {
                Terminal.line("\(task.title): no \(train.name) or no \(task.dev[0].name) in \(data); left out")
                continue
            }
            var one = self
            (one.task, one.fromTask, one.seeds, one.output) = (task.name, nil, nil, "\(folder)/\(task.name)")
            if let start, Self.small.contains(task.name) {
                one.checkpoint = "\(folder)/\(TaskSource.plain(start))/best"
            }
            runs.append((task, one))
        }
        guard !runs.isEmpty else { throw TaskError(data, "holds no task; wanted for example SST-2/train.tsv there") }
        // Everything is read before the first run starts.
        let source = ModelPath.url(checkpoint)
        let weights =
            randomWeights ? "random" : try TableSettings.weights(of: source, digest: ModelFolder.digest(source))
        let tokenizer = try TokenizerFolder.load(source)
        try runs.forEach { try $0.run.checkFiles() }
        if let start, runs.contains(where: { Self.small.contains($0.task.name) }),
            !runs.contains(where: { $0.task.name == TaskSource.plain(start) }),
            !FileManager.default.fileExists(atPath: "\(folder)/\(TaskSource.plain(start))/best")
        {
            throw TaskError(
                data,
                "holds no \(start), which others begin from, and there is no \(folder)/\(TaskSource.plain(start))/best")
        }
        var table = GlueTable(TableSettings(protocol: self.protocol, settings: settingsInCommon, weights: weights))
        table.seeds = seeds ?? 1
        for (task, run) in runs {
            Terminal.line("")
            Terminal.line(task.title)
            if task.name == "wnli", wnli == .majority {
                table.add(task, try .byMajority(task, in: files, tokenizer), note: "by majority")
            } else if let seeds {
                if let median = try run.finetuneSeeds(seeds) { table.add(task, median) }
            } else {
                table.add(task, try run.finetune().evaluation)
            }
            try ReportFile.write(text: table.text, to: "\(folder)/table.md")
        }
        Terminal.line("")
        Terminal.line(table.text)
    }

    /// Tasks with few training rows, which gain from another task's encoder (Phang et al. 2018).
    static let small = ["mrpc", "stsb", "rte"]

    /// All tasks, that first which others begin from.
    private func tasksInOrder(from start: String?) throws -> [TaskSource] {
        guard let start else { return GlueTask.all }
        let first = try GlueTask.named(start)
        guard !Self.small.contains(first.name) else {
            throw ValidationError(
                "--from-task \(start): wanted a task that does not begin from it, for example mnli")
        }
        return [first] + GlueTask.all.filter { $0 != first }
    }
}

extension TaskEvaluation {
    /// The dev score of always saying what most training rows say.
    static func byMajority(
        _ task: TaskSource, in folder: URL, _ tokenizer: any Tokenizer
    ) throws -> TaskEvaluation {
        let data = try TaskData(task, in: folder, tokenizer, length: 512)
        let counts = (0..<task.target.outputs).map { label in data.training.count { $0.target == [Float(label)] } }
        let logits = counts.map { Float($0) }
        return TaskEvaluation(data, logits: data.dev.map { _ in logits })
    }
}
