import Autograd
import Tensors

/// Rows of a table of embeddings that have their updates once somebody looks.
///
/// The step of a fine-tuning reads some hundred rows of the tens of thousands that a table has. The others have no gradients in it,
/// so what becomes of them is known without it, and many updates in turn, in one visit, take a fraction of the time in which
/// memory gives and takes a row and its moments for each. The bits are the same.
final class LateRows<Prepared>: TableOfLateRows {
    private let piece: (Tensor, [Tensor]) -> Piece
    private let apply: (ArraySlice<Prepared>, Piece) -> Void
    private let workers: Workers
    private let values: Tensor
    private let moments: [Tensor]
    /// Those that some row still lacks.
    private var updates: [Prepared] = []
    /// How many of `updates` each row has had.
    private var had: [Int]
    /// As many of them as are remembered.
    private static var most: Int { 4096 }
    private static var rowsAtATime: Int { 16 }

    /// - Parameters:
    ///   - values: the table.
    ///   - moments: like the table.
    ///   - piece: what the rule sees of some values and their moments, without gradients.
    ///   - apply: as of `OptimizerRule.late`.
    init(
        _ values: Tensor, moments: [Tensor], _ workers: Workers,
        piece: @escaping (Tensor, [Tensor]) -> Piece, apply: @escaping (ArraySlice<Prepared>, Piece) -> Void
    ) {
        (self.values, self.moments, self.workers) = (values, moments, workers)
        (self.piece, self.apply) = (piece, apply)
        had = Array(repeating: 0, count: values.rows)
    }

    func catchUp(_ rows: RowRuns?) {
        guard !updates.isEmpty else { return }
        let late = (rows?.runs ?? [0..<values.rows]).flatMap { $0.filter { had[$0] < updates.count } }
        workers.each((late.count + Self.rowsAtATime - 1) / Self.rowsAtATime) { group in
            for row in late[(group * Self.rowsAtATime)...].prefix(Self.rowsAtATime) {
                let rows = row..<row + 1
                apply(updates[had[row]...], piece(values.rows(rows), moments.map { $0.rows(rows) }))
            }
        }
        guard rows == nil else { return late.forEach { had[$0] = updates.count } }
        updates.removeAll(keepingCapacity: true)
        for row in had.indices { had[row] = 0 }
    }

    /// Notes an update that these rows have had, and the others have not.
    func add(_ update: Prepared, after rows: RowRuns) {
        updates.append(update)
        for row in rows.runs.joined() { had[row] = updates.count }
        if updates.count == Self.most { catchUp(nil) }
    }
}

/// `LateRows` of whatever rule.
protocol TableOfLateRows: AnyObject {
    /// Gives these rows all updates that they lack; nil gives them to all rows.
    func catchUp(_ rows: RowRuns?)
}

/// Some rows of a table, ascending, neighbours together.
struct RowRuns: Sendable {
    let runs: [Range<Int>]

    init(_ ids: some Sequence<Int32>) {
        var runs: [Range<Int>] = []
        for row in ids.map(Int.init).sorted() {
            if let last = runs.last, row <= last.upperBound {
                runs[runs.count - 1] = last.lowerBound..<max(last.upperBound, row + 1)
            } else {
                runs.append(row..<row + 1)
            }
        }
        self.runs = runs
    }

    /// Where they lie in `range` of the block of all parameters.
    func floats(of table: Parameter, in range: Range<Int>) -> [Range<Int>] {
        let width = table.columns
        let range = range.clamped(to: table.range)
        guard !range.isEmpty else { return [] }
        let rows = (range.lowerBound - table.offset) / width..<(range.upperBound - table.offset + width - 1) / width
        return runs[firstRun(endingBehind: rows.lowerBound)...].prefix { $0.lowerBound < rows.upperBound }.map {
            (table.offset + $0.lowerBound * width..<table.offset + $0.upperBound * width).clamped(to: range)
        }
    }

    private func firstRun(endingBehind row: Int) -> Int {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].upperBound > row { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
