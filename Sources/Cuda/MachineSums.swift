import Autograd
import Tensors

/// Sums of columns of which the partial sums of pieces of the rows are there.
struct PendingSums {
    private(set) var all: [(sum: ColumnSum, partials: Tensor)] = []
    private(set) var bytes = 0

    /// Whether one of them is to be added to some of these.
    func overlap(_ sums: Tensor) -> Bool {
        all.contains { $0.sum.sums < sums.address + UInt64(4 * sums.count) && sums.address < $0.sum.end }
    }

    mutating func add(_ sum: ColumnSum, _ partials: Tensor) {
        all.append((sum, partials))
        bytes += 4 * Int(sum.pieces * sum.columns)
    }
}

/// `ColumnSum` of the kernels.
struct ColumnSum {
    var sums, partials: UInt64
    var pieces, stride, columns: Int32
    var unused: Int32 = 0

    var end: UInt64 { sums + UInt64(4 * columns) }
}

/// The partial sums of the gradient that a norm gave to its branch: those of the bias of the layer that ends there.
struct BranchSums {
    let gradient: UInt64
    /// Of the queue, as it gave them: what is asked for later may change the gradient.
    let commands: Int
    let partials: Tensor
    let stride: Int
}

/// Sums over rows.
extension CudaMachine {
    /// Rows whose sum is one of the partial sums, by the number of all rows alone: of few rows small ones, which more blocks add up.
    static func pieceRows(_ padded: Int) -> Int { padded <= 8192 ? 16 : 64 }

    public func addColumnSums(of dy: Tensor, to sums: Tensor) { addColumnSums(of: dy, to: sums, columns: dy.columns) }

    /// Of the first columns alone.
    func addColumnSums(of dy: Tensor, to sums: Tensor, columns: Int) {
        let padded = Self.padded(dy.rows)
        let piece = Self.pieceRows(padded)
        if let known = branchSums, known.gradient == dy.address, known.commands == device.commands.count,
            known.partials.columns == columns
        {
            return finish(known.partials, pieces: padded / piece, stride: known.stride, into: sums, columns: columns)
        }
        let partials = pool.tensor(padded / piece, dy.columns)
        launch(
            kernels.columnSums, Grid(padded / piece, columnBlocks(dy.columns)), .of(partials), .of(dy), .of(padded),
            .of(dy.columns), .of(piece / 8))
        finish(partials, pieces: padded / piece, stride: dy.columns, into: sums, columns: columns)
    }

    func columnBlocks(_ columns: Int) -> Int { (columns + 32 * vector - 1) / (32 * vector) }

    /// sums[j] += Σ over pieces of partials[piece stride + j], by the end of the pass.
    func finish(_ partials: Tensor, pieces: Int, stride: Int, into sums: Tensor, columns: Int) {
        let sum = ColumnSum(
            sums: sums.address, partials: partials.address, pieces: Int32(pieces), stride: Int32(stride),
            columns: Int32(columns))
        if pending.overlap(sums.row(0, 0..<columns)) { settle() }
        pending.add(sum, partials)
        if pending.bytes > 32 << 20 { settle() }
    }

    public func settle() {
        guard !pending.all.isEmpty else { return }
        let sums = pending.all.map(\.sum)
        let blocks = sums.enumerated().flatMap { index, sum in
            stride(from: 0, to: sum.columns, by: 32).flatMap { [Int32(index), $0] }
        }
        launch(
            kernels.columnsFinish, Grid(blocks.count / 2, threads: 1024), .of(upload(sums)), .of(upload(blocks)))
        pending = PendingSums()
    }
}
