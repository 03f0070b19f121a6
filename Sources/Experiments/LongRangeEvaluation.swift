import Checkpoints
import Console
import Foundation
import LongRange
import Tasks
import Tensors
import Training

extension Evaluation {
    /// The test score of a checkpoint of the Long Range Arena, or with the task `lra` the table of the runs below `checkpoint`, or
    /// of the folders there with a setting each; nil where that is none, and other tasks are meant.
    ///
    /// - Throws: `CheckpointError` where there are none, or some of other settings, and what reading files throws.
    public func longRange(_ checkpoint: String, _ task: String?) throws -> String? {
        guard task?.lowercased() == "lra" else {
            let folder = ModelPath.url(checkpoint)
            let known = try task == nil ? HuggingFaceConfiguration(of: folder).provenance : nil
            let isOne = known?.benchmark == LongRangeTable.benchmark
            guard let named = (task ?? (isOne ? known?.task : nil)).flatMap(LongRangeTask.named) else {
                return nil
            }
            let scores = DevScores(evaluation: try evaluation(of: folder, named).scored)
            let share = Self.cost(ofBest: folder).map { "the paper's steps: \($0.share(of: named))\n" } ?? ""
            return "\(named.title) test: \(Show.result(scores))\n\(share)"
        }
        var table = LongRangeTable()
        let folder = URL(fileURLWithPath: checkpoint, isDirectory: true)
        let below = ((try? FileManager.default.contentsOfDirectory(atPath: checkpoint)) ?? []).sorted().map {
            (name: $0, folder: folder.appendingPathComponent($0, isDirectory: true))
        }
        for (name, folder) in [("", folder)] + below {
            let runs = LongRangeTask.all.map { ($0, folder.appendingPathComponent("\($0.name)/best")) }
                .filter { FileManager.default.fileExists(atPath: $1.path) }
            guard let first = runs.first else { continue }
            _ = try TableSettings.common(to: runs.map(\.1), title: first.0.title)
            let encoder = try HuggingFaceConfiguration(of: first.1).encoderOptions(first.1)
            let isTaken = below.contains { $0.name == encoder.attention.name }
            let own = encoder.attention.name + (isTaken ? " (of \(checkpoint) itself)" : "")
            for (task, best) in runs {
                let (scored, isReleased) = try evaluation(of: best, task)
                table.add(
                    name.isEmpty ? own : name, task,
                    .init(
                        scores: [scored.primary], rows: scored.rows, costs: Self.cost(ofBest: best).map { [$0] } ?? [],
                        isReleased: isReleased, seeds: SeedReport.of(best.deletingLastPathComponent())))
            }
        }
        guard !table.rows.isEmpty else {
            throw CheckpointError(folder, "holds no run of a task; wanted for example \(checkpoint)/listops/best")
        }
        return table.text
    }

    /// Of the run that a checkpoint is of, where it lies in the folder of one.
    private static func cost(ofBest folder: URL) -> RunCost? {
        RunCost(of: folder.resolvingSymlinksInPath().deletingLastPathComponent())
    }

    /// Of the test rows, and whether they are the release's.
    private func evaluation(
        of folder: URL, _ task: LongRangeTask
    ) throws -> (scored: TaskEvaluation, isReleased: Bool) {
        guard length == nil else {
            throw UsageError("--length with a task of the Long Range Arena, whose documents have lengths of their own")
        }
        let configuration = try HuggingFaceConfiguration(of: folder)
        let known = configuration.provenance
        guard known?.task == task.name, known?.benchmark == LongRangeTable.benchmark else {
            throw CheckpointError(folder, "was not trained on \(task.title); wanted a run of yoso finetune")
        }
        guard let data = data ?? known?.data else {
            throw TaskError("data", "no folder is named; pass --data DIR")
        }
        let files = URL(fileURLWithPath: data, isDirectory: true)
        let rows = try task.rows(.test, in: files)
        let scored = try task.evaluation(of: folder, rows, precision: precision, device: device)
        return (scored, task.isReleased(in: files))
    }
}
