import Checkpoints
import Communication
import Console
import Foundation
import Glue
import Reports
import Tasks
import Tokenization
import Training

/// What stands for WNLI in an average: its dev set contradicts its training set, so that a model that learns scores below the
/// majority (GLUE's frequently asked questions, 12).
public enum WNLIPolicy: String, CaseIterable, Sendable {
    case majority, train, skip
}

/// A fine-tuning on every task of GLUE whose files there are, one after another, each in a folder of its name, and the table of
/// them with the average.
public struct AllTasks {
    private let run: FineTuning
    private let grid: [String]
    private let wnli: WNLIPolicy
    private let seeds: Int?

    /// - Parameters:
    ///   - run: for every task, which it does not name; with a task to begin from, MRPC, STS-B and RTE begin from that one's encoder.
    ///   - grid: to search on each, as `Search` does.
    ///   - seeds: of each; nil for the recipe's.
    public init(_ run: FineTuning, grid: [String] = [], wnli: WNLIPolicy = .majority, seeds: Int? = nil) {
        (self.run, self.grid, self.wnli, self.seeds) = (run, grid, wnli, seeds)
    }

    /// The folder of all runs.
    public var folder: String { run.output ?? "Checkpoints/glue" }

    /// Whether a task can be trained and scored.
    static func isThere(_ task: TaskSource, in files: URL) -> Bool {
        guard let train = task.train, let dev = task.dev.first else { return false }
        return TaskFile.isNamed(task, train, in: files) && TaskFile.isNamed(task, dev, in: files)
    }

    /// Runs on all, after everything is read, and writes the table into `table.md`.
    ///
    /// - Throws: as `Search.run`; `UsageError` where data is not named.
    public func run(_ observer: some RunObserver) throws {
        guard let data = run.data else { throw UsageError("--task all wants --data DIR, the folder of all tasks") }
        try ReportFile.check(table: "\(folder)/table.md")
        let files = URL(fileURLWithPath: data, isDirectory: true)
        let start = run.fromTask ?? (run.published?.start == .wanted ? "mnli" : nil)
        var runs: [(task: TaskSource, run: FineTuning)] = []
        for task in try tasksInOrder(from: start) where task.name != "wnli" || wnli != .skip {
            guard let train = task.train else { continue }
            guard Self.isThere(task, in: files) else {
                observer.line("\(task.title): no \(train.name) or no \(task.dev[0].name) in \(data); left out")
                continue
            }
            var one = run.into("\(folder)/\(task.name)")
            (one.task, one.fromTask) = (task.name, nil)
            if start != nil, Self.small.contains(task.name) { one.checkpoint = "\(folder)/\(Self.startName)" }
            runs.append((task, one))
        }
        guard !runs.isEmpty else { throw TaskError(data, "holds no task; wanted for example SST-2/train.tsv there") }
        let names = GlueTask.all.map(\.name)
        try RunFolder.check(runs: runs.map(\.task.name), in: folder, where: names.contains)
        // Everything is read before the first run starts.
        var first = runs[0].run
        first.checkpoint = run.checkpoint
        let (source, tokenizer, _) = try first.start(of: first.read())
        let weights =
            run.randomWeights ? "random" : try TableSettings.weights(of: source, digest: ModelFolder.digest(source))
        try runs.forEach { try $0.run.checkFiles() }
        if let start, runs.contains(where: { Self.small.contains($0.task.name) }),
            !runs.contains(where: { $0.task.name == TaskSource.plain(start) }),
            !FileManager.default.fileExists(atPath: "\(folder)/\(TaskSource.plain(start))/best")
        {
            throw TaskError(
                data,
                "holds no files of \(start), from which \(Self.smallTitles) begin, and there is no "
                    + "\(folder)/\(TaskSource.plain(start))/best; wanted one of them")
        }
        let common = first.settingsOfAll(less: grid)
        // Of one is of the table.
        let otherStart = try runs.compactMap { try run.published?.otherStart(of: $0.task, from: start) }.first
        for index in runs.indices {
            runs[index].run.tableSettings = common
            runs[index].run.tableStart = otherStart
        }
        var rows: [String: Row] = [:]
        var table: GlueTable {
            var table = GlueTable(
                TableSettings(
                    protocol: run.published, settings: common, weights: weights, otherStart: otherStart))
            table.seeds = seeds ?? 1
            table.searched = grid.isEmpty ? run.publishedGrid : grid
            for (task, _) in runs {
                guard let row = rows[task.name] else { continue }
                table.add(
                    task, row.evaluation, note: isByMajority(task) ? "by majority" : "",
                    more: [
                        Self.small.contains(task.name) ? start.map(GlueTable.beginning) : nil,
                        row.evaluation == nil
                            ? row.seeds.map { "\($0.diverged.count) of \(seeds ?? 1) seeds diverged" }
                            : row.seeds.flatMap { $0.diverged.isEmpty && $0.dead.isEmpty ? nil : $0.middle },
                    ])
            }
            return table
        }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // What begins from another task's encoder comes after it.
        let late = start == nil ? [] : runs.filter { Self.small.contains($0.task.name) }
        for some in [runs.filter { one in !late.contains { $0.task == one.task } }, late] where !some.isEmpty {
            if let start, some.contains(where: { Self.small.contains($0.task.name) }) {
                try Ranks.current.firstThenOthers { try fix(start) }
            }
            var scores: [TaskEvaluation?] = []
            try run.spread.each(some.flatMap(parts)) { part -> TaskEvaluation? in
                observer.line("")
                observer.line(part.task.title)
                if isByMajority(part.task) { return try .byMajority(part.task, in: files, tokenizer) }
                if let seed = part.seed { return try part.seeds.score(of: seed, observer) }
                return try observer.unlessDiverged { try Search(part.run, grid: grid).run(observer).evaluation }
            } then: { part, score in
                scores.append(score)
                guard part.isLast else { return }
                var row = Row(evaluation: score)
                if part.seed != nil {
                    let outcome = try part.seeds.finish(scores, observer)
                    row = Row(evaluation: outcome.median, seeds: outcome.report)
                }
                rows[part.task.name] = row
                scores = []
                try ReportFile.write(text: table.text, to: "\(folder)/table.md")
            }
        }
        observer.line("")
        observer.line(table.text)
        guard runs.contains(where: { isByMajority($0.task) || rows[$0.task.name]?.evaluation != nil }) else {
            throw AllDiverged(folder: folder, what: "tasks")
        }
    }

    /// What came of a task.
    private struct Row {
        /// Nil where all of its runs diverged.
        let evaluation: TaskEvaluation?
        /// Of several.
        var seeds: SeedReport?
    }

    /// The link to what small tasks begin from.
    private static let startName = "start"

    /// With one more seed, or value of a grid, the task's own `best` may become another's, and what began from it could not go on.
    private func fix(_ start: String) throws {
        let (name, link) = (TaskSource.plain(start), "\(folder)/\(Self.startName)")
        guard !FileManager.default.fileExists(atPath: link) else {
            let url = URL(fileURLWithPath: link, isDirectory: true)
            let held = try HuggingFaceConfiguration(of: url).provenance?.task ?? "no task"
            guard held == name else {
                throw CheckpointError(
                    url, "earlier runs there began from \(held), not from \(name); choose another --output")
            }
            return
        }
        let best = "\(name)/\(RunFolder.bestName)"
        let chosen = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(best)")
        // Of a single run it is one checkpoint after the other.
        let target = chosen.flatMap { $0.hasSuffix("/\(RunFolder.bestName)") ? "\(name)/\($0)" : nil }
        try RunFolder.link(target ?? best, as: Self.startName, in: URL(fileURLWithPath: folder, isDirectory: true))
    }

    private func isByMajority(_ task: TaskSource) -> Bool { task.name == "wnli" && wnli == .majority }

    /// The run of a task with one of its seeds; nil for the recipe's.
    private typealias Part = (task: TaskSource, run: FineTuning, seeds: Seeds, seed: Int?, isLast: Bool)

    private func parts(of task: TaskSource, _ run: FineTuning) -> [Part] {
        let all = Seeds(run, count: seeds ?? 1, grid: grid)
        guard let seeds, !isByMajority(task) else { return [(task, run, all, nil, true)] }
        return (1...seeds).map { (task, run, all, $0, $0 == seeds) }
    }

    /// Tasks with few training rows, which gain from another task's encoder (Phang et al. 2018).
    static let small = ["mrpc", "stsb", "rte"]
    private static let smallTitles = GlueTask.all.filter { small.contains($0.name) }.map(\.title)
        .joined(separator: ", ")

    /// All tasks, that first which others begin from.
    private func tasksInOrder(from start: String?) throws -> [TaskSource] {
        guard let start else { return GlueTask.all }
        let first = try GlueTask.named(start)
        guard !Self.small.contains(first.name), !isByMajority(first) else {
            throw UsageError(
                "--from-task \(start): wanted a task "
                    + (isByMajority(first) ? "that is trained" : "other than \(Self.smallTitles), which begin from it")
                    + ", for example mnli")
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
