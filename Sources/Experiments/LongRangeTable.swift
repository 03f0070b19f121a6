import Console
import LongRange
import Reports
import Tasks
import Training

/// Test scores of the Long Range Arena as percentages, a row a setting, with their averages and what others published, and what
/// the runs behind them took.
struct LongRangeTable {
    /// How a checkpoint says that its task is one of these: one of a user's own may be called `text` too.
    static let benchmark = "lra"

    /// The runs of a task with one setting.
    struct Cell {
        /// Of every seed that came to an end; none where all diverged.
        var scores: [Double] = []
        /// Test rows of a score.
        var rows = 0
        var costs: [RunCost] = []
        /// Whether those rows are of the release.
        var isReleased = true
        /// Of several seeds, of which `scores` may be the median's alone; nil of one run.
        var seeds: SeedReport?

        var median: Double? { scores.isEmpty ? nil : Tasks.median(scores) }
        var seconds: Double? { costs.isEmpty ? nil : Tasks.median(costs.map(\.secondsAStep)) }
        /// Of the largest seed.
        var bytes: Int? { costs.compactMap(\.peakBytes).max() }

        /// `37.1`, `37.1 (36.0 to 38.2; 3 seeds)`, `7.5 (3 seeds, 1 diverged, 3 dead)`, `diverged`
        fileprivate var text: String {
            guard let median, let least = scores.min(), let most = scores.max() else { return "diverged" }
            let range = scores.count > 1 ? "\(Show.points(least)) to \(Show.points(most))" : nil
            let notes = [range, seeds.map(\.ending)].compactMap { $0 }
            return Show.points(median) + (notes.isEmpty ? "" : " (\(notes.joined(separator: "; ")))")
        }
    }

    private(set) var rows: [(name: String, cells: [String: Cell])] = []

    mutating func add(_ name: String, _ task: LongRangeTask, _ cell: Cell) {
        guard let index = rows.firstIndex(where: { $0.name == name }) else {
            return rows.append((name, [task.name: cell]))
        }
        rows[index].cells[task.name] = cell
    }

    /// Those that a row has.
    var tasks: [LongRangeTask] { LongRangeTask.all.filter { task in rows.contains { $0.cells[task.name] != nil } } }

    /// The mean over `tasks`; nil where a score is missing.
    func average(_ cells: [String: Cell]) -> Double? {
        let scores = tasks.compactMap { cells[$0.name]?.median }
        return scores.isEmpty || scores.count < tasks.count ? nil : scores.reduce(0, +) / Double(scores.count)
    }

    /// Scores, time, memory and the share of the paper's steps, each with a column a task.
    var parts: [[[String]]] {
        func part(_ title: String, _ last: [String], _ lines: [[String]]) -> [[String]] {
            [[title] + LongRangeTask.all.map(\.title) + last] + lines
        }
        func line(_ name: String, _ cells: [String: Cell], _ text: (LongRangeTask, Cell) -> String?) -> [String] {
            [name] + LongRangeTask.all.map { task in cells[task.name].flatMap { text(task, $0) } ?? "–" }
        }
        let scores = rows.map { name, cells in
            line(name, cells) { $1.text } + [average(cells).map(Show.points) ?? "–"]
        }
        let there = LongRangeTask.all.indices.filter { index in
            tasks.contains { $0.name == LongRangeTask.all[index].name }
        }
        let published = Published.scores.map { name, points in
            let mean = there.reduce(0) { $0 + points[$1] } / Double(max(1, there.count))
            return ["published: \(name)"] + (points + [mean]).map { Show.points($0 / 100) }
        }
        let tested = rows.reduce(into: [:]) { tested, row in tested.merge(row.cells) { $0.rows > 0 ? $0 : $1 } }
        let costs: [(String, (LongRangeTask, Cell) -> String?)] = [
            ("time a step", { $1.seconds.map(Show.duration) }),
            ("peak memory of tensors", { $1.bytes.map(Show.bytes) }),
            ("share of the paper's steps", { task, cell in cell.costs.first?.share(of: task) }),
        ]
        return [
            part(
                "test accuracy", ["average"],
                scores + published + [line("test rows", tested) { Show.grouped($1.rows) } + [""]])
        ] + costs.map { title, text in part(title, [], rows.map { line($0.name, $0.cells, text) }) }
    }

    /// What the averages leave out, and what they mix.
    var remarks: [String] {
        let missing = LongRangeTask.all.filter { task in !tasks.contains { $0.name == task.name } }.map(\.title)
        let isSeeded = rows.contains { $0.cells.values.contains { $0.seeds != nil } }
        let mixed = rows.compactMap { name, cells -> String? in
            func titles(_ isWhole: Bool) -> [String] {
                tasks.filter { task in
                    cells[task.name]?.costs.first.map { $0.isWhole(of: task) == isWhole } ?? false
                }.map(\.title)
            }
            let (whole, short) = (titles(true), titles(false))
            return whole.isEmpty || short.isEmpty
                ? nil
                : "\(name): the average mixes runs as long as the paper's (\(whole.joined(separator: ", "))) with shorter "
                    + "ones (\(short.joined(separator: ", ")))"
        }
        let own = tasks.filter { task in rows.contains { $0.cells[task.name]?.isReleased == false } }.map(\.title)
        let others =
            own.isEmpty
            ? [] : ["not of the release, as published scores are, but other rows: \(own.joined(separator: ", "))"]
        let source = "published: test scores after all of the paper's steps (\(Published.source))"
        return
            (isSeeded ? ["medians over the seeds that ended, and where all are known the range of their scores"] : [])
            + [source] + others + mixed
            + (missing.isEmpty ? [] : ["the average is without \(missing.joined(separator: ", "))"])
    }

    /// As Markdown.
    var text: String { (parts.map(MarkdownTable.text) + remarks).joined(separator: "\n\n") + "\n" }
}

extension RunCost {
    /// Whether the run saw as many rows as the paper's.
    func isWhole(of task: LongRangeTask) -> Bool {
        // What a log says may be any number.
        Double(steps) * Double(rowsAStep) >= Double(task.paper.steps * task.paper.rows)
    }

    /// `100%`, `20%, of 16 rows for 32`
    func share(of task: LongRangeTask) -> String {
        let share = String(format: "%.3g%%", 100 * Double(steps) / Double(task.paper.steps))
        return share + (rowsAStep == task.paper.rows ? "" : ", of \(rowsAStep) rows for \(task.paper.rows)")
    }
}
