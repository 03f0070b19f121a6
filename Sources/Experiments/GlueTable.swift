import Console
import Foundation
import Glue
import Recipes
import Tasks
import Training

/// Dev scores of several tasks by one protocol, as percentages, with their average, and what others published.
struct GlueTable {
    let settings: TableSettings
    /// Seeds whose median stands in a row; nil where it is not known.
    var seeds: Int?
    /// Of every row, keys and values of which the best are taken, `KEY=VALUE,VALUE`; nil where it is not known.
    var searched: [String]?
    private var rows:
        [(task: TaskSource, evaluation: TaskEvaluation?, note: String, more: [String?], subsets: String)] = []

    init(_ settings: TableSettings) { self.settings = settings }

    /// What is told of a row whose encoder had been fine-tuned on this task before.
    static func beginning(from name: String) -> String {
        "from \((try? GlueTask.named(name).title) ?? name)"
    }

    /// - Parameters:
    ///   - evaluation: nil where all of its runs diverged.
    ///   - note: in the place of what `evaluation` tells of itself.
    ///   - more: what became of its runs, and what they began from; nil for nothing.
    ///   - subsets: their training rows where those are not the official ones and `evaluation` does not tell.
    mutating func add(
        _ task: TaskSource, _ evaluation: TaskEvaluation?, note: String = "", more: [String?] = [],
        trainedOn subsets: String = ""
    ) {
        rows.append((task, evaluation, note, more, subsets))
    }

    var text: String {
        let lines = rows.map { task, evaluation, note, more, subsets in
            let scores = (evaluation?.scores ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.key) \(Show.points($0.value))" }.joined(separator: ", ")
            let isDead = evaluation?.isConstant == true && note.isEmpty
            let notes =
                [isDead ? "dead: every prediction is the same" : note] + more.compactMap { $0 } + [subsets]
                + (evaluation?.subsets ?? []).map(\.description)
            let published = anchors.compactMap { $0.text(of: task) }.joined(separator: "; ")
            return "| \(task.title) | \(evaluation.map { Show.points($0.primary) } ?? "diverged") | \(scores) | "
                + "\(evaluation.map { Show.grouped($0.rows) } ?? "") | \(notes.filter { !$0.isEmpty }.joined(separator: "; ")) |"
                + (anchors.isEmpty ? "" : " \(published) |")
        }
        let missing = GlueTask.all.filter { task in !rows.contains { $0.task == task } }.map(\.title)
        let ended = rows.compactMap(\.evaluation)
        // Over the others alone it would be of fewer tasks than it seems.
        let average =
            ended.count == rows.count
            ? Show.points(ended.reduce(0) { $0 + $1.primary } / Double(max(1, ended.count))) : "–"
        let isSubset = rows.contains { $0.evaluation?.subsets != nil || !$0.subsets.isEmpty }
        let without =
            missing.isEmpty ? "all nine tasks" : "\(rows.count) tasks, without \(missing.joined(separator: ", "))"
        let (head, rule) = anchors.isEmpty ? ("", "") : (" published |", "---|")
        let table =
            ["| task | score | metrics | dev rows | |\(head)", "|---|---|---|---|---|\(rule)"] + lines
            + [
                "| average | \(average) | | | of \(without)\(isSubset ? "; not GLUE's, of subsets" : "") |"
                    + (anchors.isEmpty ? "" : " |")
            ]
        return (table + ["", source]).joined(separator: "\n") + "\n"
    }

    private var anchors: [PublishedScores] { settings.named?.published ?? [] }

    /// What all rows have in common, where the published column is from, and how it was made.
    private var source: String {
        // A row is of one run with all of its metrics: of an even number it is the lower of the two in the middle.
        let ours =
            "\(settings)"
            + (seeds.map {
                $0 == 1 ? "; one seed" : "; \($0 % 2 == 0 ? "the lower middle one" : "medians") of \($0) seeds"
            } ?? "")
        let search = (searched ?? []).joined(separator: " x ")
        guard let named = settings.named else {
            return search.isEmpty ? ours : "\(ours); the best of \(search) by successive halving"
        }
        let split = named.published.first.map { "published: \($0.split) scores" } ?? "no published table is stored"
        let theirs = named.seeds == 1 ? "" : ", over \(named.seeds) seeds"
        let own = searched.map {
            if $0.isEmpty { return ", ours of one value each" }
            return $0 == named.search
                ? ", ours by successive halving" : ", ours of \(search) by successive halving"
        }
        let tuned = named.search.isEmpty ? "one value each" : "the best of \(named.search.joined(separator: " x "))"
        return "\(ours); \(named.source); \(split)\(theirs)"
            + (named.search.isEmpty && search.isEmpty ? "" : "; \(tuned)\(own ?? "")")
    }
}
