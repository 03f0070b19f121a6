import ArgumentParser
import Checkpoints
import Console
import Foundation
import LongRange
import Recipes
import Reports
import Tasks
import Tensors
import Training

extension Finetune {
    /// The recipe of a task of the Long Range Arena; nil where no such task is meant.
    func longRangeRecipe() throws -> LongRangeRecipe? {
        let named = task.flatMap(LongRangeTask.named)
        guard recipe.map(LongRangeRecipe.isOne) ?? (named != nil) else {
            guard let named, let recipe else { return nil }
            throw ValidationError("--task \(named.name) with \(recipe): wanted a recipe of kind longrange")
        }
        for (option, isThere) in [
            ("--checkpoint", checkpoint != nil), ("--from-task", fromTask != nil),
            ("--protocol", self.protocol != nil), ("--search", !search.isEmpty),
        ] where isThere {
            throw ValidationError("\(option) with a task of the Long Range Arena, which is learned from random weights")
        }
        let flags = [("data", data, "--data"), ("task", task, "--task")].compactMap { key, value, name in
            value.map { ResolvedRecipe.Override(key: key, value: $0, argument: "\(name) \($0)") }
        }
        // By its path, for a folder of text may well be called `text`.
        let path = recipe ?? "Recipes/LongRange/\(named?.name ?? "").yaml"
        return try LongRangeRecipe(path, settings.overrides + flags)
    }

    /// Learns every task whose files there are by the recipe of its name, one after another, each in a folder of its name, and
    /// writes the table of test scores.
    func finetuneLongRange() throws {
        guard let data else { throw ValidationError("--task lra wants --data DIR, the folder of all tasks") }
        if let recipe {
            throw ValidationError("--task lra with \(recipe): wanted no recipe, for every task has its own")
        }
        let (folder, files) = (output ?? "Checkpoints/lra", URL(fileURLWithPath: data, isDirectory: true))
        var table = LongRangeTable()
        let tasks = LongRangeTask.all.filter { $0.isThere(in: files) }
        guard !tasks.isEmpty else {
            throw TaskError(data, "holds no task; yoso data lra --output \(data) makes two of them")
        }
        let runs = try tasks.map { task in
            var one = self
            (one.task, one.seeds, one.output) = (task.name, nil, "\(folder)/\(task.name)")
            // What is wrong with settings is said before the first run starts.
            return (task, one, try one.longRangeRecipe())
        }
        for (task, run, recipe) in runs {
            Terminal.line("")
            Terminal.line(task.title)
            if let evaluation = try seeds.map(run.finetuneSeeds) ?? recipe.map(run.finetune) {
                table.add(task, evaluation)
            }
            try ReportFile.write(text: table.text, to: "\(folder)/table.md")
        }
        Terminal.line("")
        Terminal.line(table.text)
    }

    /// `report.json`
    private struct LongRangeReport: Codable {
        var best: EvaluationReport<DevScores>
        var test: TaskEvaluation
    }

    /// Runs to the end and scores the test rows, once, by the best evaluation of the dev rows.
    ///
    /// - Returns: the score of the test rows, of an earlier process where that had come to it.
    func finetune(_ recipe: LongRangeRecipe) throws -> TaskEvaluation {
        guard let data = recipe.data else {
            throw TaskError("data", "no folder is named; pass --data DIR, or set data in the recipe")
        }
        let (task, files) = (recipe.task, URL(fileURLWithPath: data, isDirectory: true))
        let (interruption, display) = (Signals.shared.interruption(), RunDisplay())
        let splits = try LongRangeTask.Split.allCases.map { try task.rows($0, in: files) }
        let test = splits[2].sample(recipe.options.testRows)
        let counts = splits.map { Show.grouped($0.count) }
        display.note("\(task.title): \(counts[0]) training, \(counts[1]) dev and \(counts[2]) test rows")
        let folder = try RunFolder(URL(fileURLWithPath: output ?? "Checkpoints/\(recipe.name)", isDirectory: true))
        display.note("\(folder.url.relativePath): OpenBLAS \(OpenBLAS.coreName) core, weights random")
        if let pin = OpenBLASPin.current { display.note("note: \(pin)") }
        let table = TableSettings(protocol: nil, settings: settingsInCommon, weights: "random")
        let run = try Run(
            task, encoder: recipe.encoder, options: recipe.options, training: splits[0], dev: splits[1],
            folder: folder, recipe: recipe.resolved.yaml,
            notes: table.notes(weights: "random").merging(["data": data, LongRangeTable.noteKey: LongRangeTable.note]) {
                $1
            }, display.show)
        try stopping { try run(interruption) }
        guard let best = run.best else {
            throw CheckpointError(
                folder.metrics, "tells of no evaluation, though the run had ended; choose another --output")
        }
        let url = folder.url.appendingPathComponent("report.json")
        let earlier = try? JSONDecoder().decode(LongRangeReport.self, from: Data(contentsOf: url))
        let scored =
            try earlier.flatMap { $0.best == best && $0.test.rows == test.count ? $0.test : nil }
            ?? task.evaluation(
                of: folder.best, test, threads: recipe.options.threads, precision: recipe.options.precision)
        try folder.write(ReportFile.json(LongRangeReport(best: best, test: scored)), to: "report.json")
        display.note(
            "best: step \(Show.grouped(best.step)), dev \(Show.result(best.body)); test "
                + "\(Show.result(DevScores(evaluation: scored))); \(folder.best.relativePath)")
        return scored
    }
}
