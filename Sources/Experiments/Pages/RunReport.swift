import Checkpoints
import Console
import Foundation
import Recipes
import Reports
import Training

/// One page about a run: curves, and of a fine-tuning confusions, calibration and mistakes; or about several, compared.
public struct RunReport {
    public let page: HTMLPage

    /// Reads the runs in `folders`.
    ///
    /// - Parameter axis: what curves are over; nil for steps of one run, and tokens of several.
    /// - Throws: `CheckpointError` where a log or predictions are missing or damaged.
    public init(of folders: [URL], over axis: CurveAxis? = nil) throws {
        let runs = try zip(folders, RunFacts.titles(folders)).map { folder, title in
            if let problem = MetricsLog.problem(in: folder) { throw problem }
            let run = RunFacts(RunLog(of: folder), title: title)
            if let problem = run.log.problem { throw problem }
            return run
        }
        page = try runs.count == 1 ? Self.page(of: runs[0], axis ?? .steps) : Self.comparison(runs, axis ?? .tokens)
    }

    /// Writes a page into `file`; of one run by default into its folder, of several into `comparison.html`.
    ///
    /// - Returns: the file.
    /// - Throws: as reading, and `CheckpointError` where there is no folder for the file.
    public static func write(of paths: [String], over axis: CurveAxis?, to file: String?) throws -> String {
        let folders = paths.map { Self.run(in: URL(fileURLWithPath: $0, isDirectory: true)) }
        let own = folders[0].appendingPathComponent(RunFolder.pageName).relativePath
        let file = file ?? (paths.count == 1 ? own : "comparison.html")
        let page = try RunReport(of: folders, over: axis).page
        let target = URL(fileURLWithPath: file).resolvingSymlinksInPath()
        // Of these runs, of the seeds or the search that they are of, or of any other run.
        let named = folders + paths.map { URL(fileURLWithPath: $0, isDirectory: true) }
        let isOfRun =
            named.contains { target.pathComponents.starts(with: $0.resolvingSymlinksInPath().pathComponents) }
            || [RunFolder.logName, SeedReport.fileName].contains { name in
                let other = target.deletingLastPathComponent().appendingPathComponent(name)
                return FileManager.default.fileExists(atPath: other.path)
            }
        guard !isOfRun || target.pathExtension == "html" else {
            throw CheckpointError(target, "is among the files of a run; wanted a name there that ends with .html")
        }
        try ReportFile.check(file)
        try ReportFile.write(text: page.text, to: file)
        return file
    }

    /// The folder of a run; of a search or of seeds that of the run which their `best` points into.
    ///
    /// - Parameter depth: of seeds, each of which is a search; links that go round go no deeper.
    private static func run(in folder: URL, depth: Int = 2) -> URL {
        let best = folder.appendingPathComponent(RunFolder.bestName).path
        guard
            depth > 0,
            !FileManager.default.fileExists(atPath: folder.appendingPathComponent(RunFolder.logName).path),
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: best),
            target.hasSuffix("/\(RunFolder.bestName)")
        else { return folder }
        let name = target.dropLast(RunFolder.bestName.count + 1)
        return run(in: folder.appendingPathComponent(String(name), isDirectory: true), depth: depth - 1)
    }

    private static func page(of run: RunFacts, _ axis: CurveAxis) throws -> HTMLPage {
        var body = [HTMLPage.tiles(run.tiles)]
        // Before the first epoch's end there is neither a checkpoint nor a prediction, and predictions are of the best that is told.
        let best = run.best
        if let best {
            let settings = try TableSettings(of: run.log.folder.appendingPathComponent(RunFolder.bestName))
            let notes = ["\(settings)"] + (best.evaluation.subsets ?? []).map(\.description)
            body.append("<p class=\"soft\">\(notes.joined(separator: "; ").htmlEscaped)</p>")
        }
        let curves = RunCurves([run], over: axis)
        body.append(HTMLPage.section("Learning", HTMLPage.charts(curves.learning)))
        if let best, best.step == run.log.epochs.last(where: \.isBest)?.step {
            body += try ClassificationFigures(of: run.log.folder, rows: best.evaluation.rows).html
        }
        if let filled = run.log.filled { body.append(HTMLPage.section("Filled masks", filled.html)) }
        body.append(HTMLPage.section("Work", HTMLPage.charts(curves.work)))
        body.append(HTMLPage.section("Evaluations", evaluations(run.log)))
        let url = run.log.folder.appendingPathComponent(RunFolder.recipeName)
        if let recipe = try? String(contentsOf: url, encoding: .utf8) {
            body.append(HTMLPage.section("Recipe", "<pre>\(recipe.htmlEscaped)</pre>"))
        }
        return HTMLPage(title: run.title, kind: run.kind, body: body)
    }

    private static func comparison(_ runs: [RunFacts], _ axis: CurveAxis) -> HTMLPage {
        let facts = runs.map(\.tiles)
        let names = facts.joined().map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let rows = zip(runs, facts).map { run, facts in
            [run.title] + names.map { name in facts.first { $0.name == name }?.value ?? "–" }
        }
        let recipes = runs.compactMap(\.recipe)
        let differences = recipes.count == runs.count ? RecipeTexts.differences(recipes) : []
        let curves = RunCurves(runs, over: axis)
        return HTMLPage(
            title: runs.map(\.title).joined(separator: " · "), kind: "comparison of runs",
            body: [
                "<div class=\"coloured\">\(HTMLPage.table(["run"] + names, rows))</div>",
                HTMLPage.section("Learning", HTMLPage.charts(curves.learning)),
                HTMLPage.section("Work", HTMLPage.charts(curves.work)),
                HTMLPage.section(
                    "Where their recipes differ",
                    differences.isEmpty
                        ? ""
                        : HTMLPage.table(
                            ["key"] + runs.map(\.title), differences.map { [$0.key] + $0.texts }, numbers: 0..<0)),
            ])
    }

    private static func evaluations(_ log: RunLog) -> String {
        table(log.epochs) ?? table(log.evaluations) ?? ""
    }

    /// Nil where there are none.
    private static func table<Result>(_ evaluations: [EvaluationReport<Result>]) -> String? {
        guard let first = evaluations.first else { return nil }
        let shown = first.body.figures.filter { $0.unit != .count }
        let rows = evaluations.map { evaluation in
            let figures = shown.map { figure in
                evaluation.body.figures.first { $0.name == figure.name }.map(Show.value) ?? "–"
            }
            return [
                "\(evaluation.epoch)", Show.grouped(evaluation.step), Show.count(evaluation.totalTokens),
                Show.time(evaluation.seconds), Show.loss(evaluation.trainingLoss),
            ] + figures + [evaluation.mark ?? ""]
        }
        let head = ["epochs", "step", "tokens", "time", "training loss"] + shown.map(\.title)
        return HTMLPage.table(head + [""], rows, numbers: 1..<head.count)
    }
}

extension FilledMasks {
    /// Every text with what the model put there, and what it had been where that is another word.
    public var html: String {
        texts.map { parts in
            let text = parts.map { $0.text.htmlEscaped + ($0.mask?.html ?? "") }.joined()
            return "<p class=\"filled\" dir=\"auto\">\(text)</p>"
        }.joined(separator: "\n")
    }
}

extension FilledMasks.Mask {
    fileprivate var html: String {
        "<b class=\"\(isRight ? "right" : "wrong")\" title=\"\(Show.percent(probability))\">\(filled.htmlEscaped)</b>"
            + (isRight ? "" : " <s>\(word.htmlEscaped)</s>")
    }
}
