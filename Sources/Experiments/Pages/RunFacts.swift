import Checkpoints
import Console
import Foundation
import Glue
import Recipes
import Reports
import Training

/// What a run is, and how far it came, in words and numbers.
public struct RunFacts: Sendable {
    public let log: RunLog
    /// As people call it.
    public let title: String
    let recipe: RecipeTexts?

    public init(_ log: RunLog, title: String) {
        (self.log, self.title) = (log, title)
        recipe = RecipeTexts(of: log.folder.appendingPathComponent(RunFolder.recipeName))
    }

    /// Last parts of the paths of folders: as many as it takes to tell them apart, and those of seeds with the one before.
    public static func titles(_ folders: [URL]) -> [String] {
        let paths = folders.map { $0.standardizedFileURL.pathComponents.filter { $0 != "/" } }
        func title(_ path: [String], _ count: Int) -> String { path.suffix(count).joined(separator: "/") }
        var counts: [String: Int] = [:]
        for path in paths { for count in 0..<path.count { counts[title(path, count + 1), default: 0] += 1 } }
        return paths.map { path in
            let isSeed = path.last.map { $0.hasPrefix("seed-") } ?? false
            let count = ((isSeed ? 2 : 1)..<path.count + 2).first { counts[title(path, $0)] == 1 }
            return title(path, count ?? path.count)
        }
    }

    public var isFineTuning: Bool { !log.epochs.isEmpty || recipe?["kind"] != "pretraining" && log.evaluations.isEmpty }

    /// `pretraining, replaced tokens, 4×256, softmax`
    public var kind: String {
        let words: [String?] =
            switch recipe?["kind"] {
            case "pretraining":
                [
                    "pretraining", recipe?["objective"].map { Figure($0, 0).title },
                    recipe?["model.layers"].flatMap { layers in recipe?["model.width"].map { "\(layers)×\($0)" } },
                    recipe?["model.attention"],
                ]
            case "finetuning":
                ["fine-tuning", (recipe?["task"] ?? log.epochs.first?.evaluation.task).map(rows)]
            case "longrange": ["Long Range Arena", recipe?["task"], recipe?["model.attention"]]
            default: ["run"]
            }
        return words.compactMap { $0 }.joined(separator: ", ")
    }

    /// What the rows of the task are of.
    private func rows(of name: String) -> String {
        let title = (try? GlueTask.named(name).title) ?? name
        return recipe?["data"] == SampleData.name ? SampleData.rows(inFormOf: title) : title
    }

    /// The best evaluation of a fine-tuning whose model was saved.
    var best: EvaluationReport<DevScores>? { log.epochs.best(savedIn: log.folder) }

    /// The evaluation that counts, in names and values, and the step that it is of where that is not the last.
    public var result: [(name: String, value: String)] {
        best.map(values) ?? log.evaluations.best(savedIn: log.folder).map(values) ?? []
    }

    private func values<Result>(of evaluation: EvaluationReport<Result>) -> [(name: String, value: String)] {
        [.perplexity, .share, .amount, .loss].flatMap { (unit: Figure.Unit) in
            evaluation.body.figures.filter { $0.unit == unit }.map { ($0.title, Show.value($0)) }
        } + (evaluation.step == log.steps.last?.step ? [] : [("of step", Show.grouped(evaluation.step))])
    }

    /// How far it is, what it took, and how fast it was in the last `seconds` of work.
    public func progress(inLast window: Double) -> [(name: String, value: String)] {
        guard let last = log.steps.last else { return [] }
        let times = log.steps["seconds"] ?? []
        let start = times.dropLast().lastIndex { $0 <= last.seconds - window }.map { $0 + 1 } ?? 0
        // Logs of earlier programs do not tell the tokens of a step, and no log the share of a peak that was not measured.
        let (tokens, speeds) = (log.steps["tokens"] ?? [], log.steps["tokensPerSecond"] ?? [])
        let shares = log.steps["shareOfPeak"]
        var (sum, seconds, peaks, peakSeconds) = (0.0, 0.0, 0.0, 0.0)
        for step in tokens.indices.dropFirst(start) where tokens[step] > 0 && speeds[step] > 0 {
            let time = tokens[step] / speeds[step]
            sum += tokens[step]
            seconds += time
            // By time: a step that takes ten times as long counts for ten.
            guard let share = shares?[step], !share.isNaN else { continue }
            (peaks, peakSeconds) = (peaks + share * time, peakSeconds + time)
        }
        let facts: [(name: String, value: String?)] = [
            (
                "steps",
                Show.grouped(last.step) + (last.step < last.totalSteps ? " of \(Show.grouped(last.totalSteps))" : "")
            ),
            ("tokens", last.totalTokens.map(Show.count)), ("time", Show.time(last.seconds)),
            ("tokens/s", seconds > 0 ? Show.count(sum / seconds) : nil),
            ("share of peak", peakSeconds > 0 ? Show.percent(peaks / peakSeconds) : nil),
        ]
        return facts.compactMap { fact in fact.value.map { (fact.name, $0) } }
    }

    /// Bytes of all tensors at their most; nil where no state tells.
    var peakBytes: Int? { RunCost.peakBytes(of: log.folder) }

    /// All of it.
    public var tiles: [(name: String, value: String)] {
        result + progress(inLast: .infinity) + (peakBytes.map { [("tensors at most", Show.bytes($0))] } ?? [])
    }
}
