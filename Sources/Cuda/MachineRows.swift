import Autograd
import Tensors

/// How the rows of a layout lie, for kernels to read.
struct LayoutView {
    let argument: LayoutArgument
    /// Of every 64 rows of a sequence: the first, the sequence, its first row, its length.
    let tiles: Tensor
    let tileCount: Int
    let shortest, longest: Int
    /// What the argument points to.
    private let tensors: [Tensor]

    init(_ layout: BatchLayout, _ upload: ([Int32]) -> Tensor, _ uploadKeys: ([UInt64]) -> Tensor) {
        var (sequence, tiles, shortest, longest) = ([Int32](), [Int32](), Int.max, 0)
        sequence.reserveCapacity(layout.tokens)
        for index in 0..<layout.count {
            let rows = layout.rows(index)
            (shortest, longest) = (min(shortest, rows.count), max(longest, rows.count))
            sequence.append(contentsOf: repeatElement(Int32(index), count: rows.count))
            for first in stride(from: rows.lowerBound, to: rows.upperBound, by: 64) {
                tiles += [Int32(first), Int32(index), Int32(rows.lowerBound), Int32(rows.count)]
            }
        }
        let (offsets, keys, sequences) = (
            upload(layout.offsets.map(Int32.init)), uploadKeys(layout.keys), upload(sequence)
        )
        argument = LayoutArgument(
            offsets: offsets.address, keys: keys.address, sequence: sequences.address, rows: Int32(layout.tokens))
        self.tiles = upload(tiles)
        tileCount = tiles.count / 4
        (self.shortest, self.longest) = (shortest, longest)
        tensors = [offsets, keys, sequences]
    }
}

extension DropoutArgument {
    /// As `ck_dropout` counts.
    init(_ probability: Float, _ random: RandomStream) {
        self.init(
            site: random.key, threshold: UInt32(Double(probability) * 4_294_967_296), kept: 1 / (1 - probability))
    }
}

/// Rows: of tables, of selections, of sequences.
extension CudaMachine {
    /// The view of a layout, once a pass.
    func view(of layout: BatchLayout) -> LayoutView {
        if let known = layouts.first(where: { $0.layout.isSame(as: layout) }) { return known.view }
        let view = LayoutView(layout, { upload($0) }, { upload($0) })
        layouts.append((layout, view))
        return view
    }

    public func embed(_ tables: [(table: Tensor, ids: [Int32])], into y: Tensor) {
        let padded = Self.padded(y.rows)
        precondition(tables.count == 3, "\(tables.count) tables of embeddings")
        launch(
            kernels.embed, Grid(padded / 8), .of(y), .of(tables[0].table), .of(tables[1].table), .of(tables[2].table),
            .of(upload(tables[0].ids)), .of(upload(tables[1].ids)), .of(upload(tables[2].ids)), .of(y.rows),
            .of(padded), .of(y.columns))
    }

    public func addLookups(_ dy: Tensor, to tables: [(table: Tensor, ids: [Int32])]) {
        precondition(tables.count == 3, "\(tables.count) tables of embeddings")
        var lookups = Lookups(pieceRows: Self.padded(dy.rows) <= 8192 ? 32 : 128)
        for (table, ids) in tables { lookups.add(ids, rows: table.rows, &lookupCounts) }
        let partials = pool.tensor(max(1, lookups.slots), dy.columns)
        let sums = tables.map { Argument.of($0.table) }
        launch(
            kernels.embedGradient, Grid(lookups.pieces.count / 4, threads: 128), sums[0], sums[1], sums[2],
            .of(partials), .of(dy), .of(upload(lookups.order)), .of(upload(lookups.pieces)), .of(lookups.firsts[1]),
            .of(lookups.firsts[2]), .of(dy.columns))
        launch(
            kernels.embedFinish, Grid(lookups.groups.count / 4, (dy.columns + 31) / 32), sums[0], sums[1], sums[2],
            .of(partials), .of(upload(lookups.groups)), .of(dy.columns))
    }

    public func gather(_ x: Tensor, _ indices: [Int32], into y: Tensor) {
        let padded = Self.padded(y.rows)
        launch(
            kernels.gatherRows, Grid(padded / 8), .of(y), .of(x), .of(upload(indices)), .of(y.rows), .of(padded),
            .of(y.columns))
    }

    public func scatter(_ dy: Tensor, _ indices: [Int32], into dx: Tensor, accumulates: Bool) {
        precondition(zip(indices, indices.dropFirst()).allSatisfy(<), "rows that do not ascend")
        if !accumulates { clear(dx) }
        launch(
            kernels.scatterRows, Grid((dy.rows + 7) / 8), .of(dx), .of(dy), .of(upload(indices)), .of(dy.rows),
            .of(dy.columns), .of(accumulates ? 1 : 0))
    }

    public func meanRows(_ x: Tensor, _ layout: BatchLayout, into y: Tensor) {
        let padded = Self.padded(y.rows)
        launch(
            kernels.meanRows, Grid(padded, columnBlocks(y.columns)), .of(y), .of(x),
            .address(view(of: layout).argument.offsets), .of(y.rows), .of(padded), .of(y.columns))
    }

    public func meanRowsGradient(_ dy: Tensor, _ layout: BatchLayout, into dx: Tensor, accumulates: Bool) {
        let view = view(of: layout)
        if !accumulates { clearEnd(dx) }
        launch(
            kernels.meanRowsGradient, Grid((dx.rows + 7) / 8), .of(dx), .of(dy), .address(view.argument.offsets),
            .address(view.argument.sequence), .of(dx.rows), .of(dx.columns), .of(accumulates ? 1 : 0))
    }

    public func pairFeatures(_ x: Tensor, into y: Tensor) {
        precondition(x.columns % vector == 0, "pairs of \(x.columns) columns")
        let padded = Self.padded(y.rows)
        launch(
            kernels.pairFeatures, Grid(padded / 8), .of(y), .of(x), .of(y.rows), .of(padded), .of(x.columns))
    }

    public func pairFeaturesGradient(_ dy: Tensor, _ x: Tensor, into dx: Tensor, accumulates: Bool) {
        if !accumulates { clearEnd(dx) }
        launch(
            kernels.pairFeaturesGradient, Grid((dy.rows + 7) / 8), .of(dx), .of(dy), .of(x), .of(dy.rows),
            .of(x.columns), .of(accumulates ? 1 : 0))
    }
}

extension BatchLayout {
    /// Whether both are one, as they lie in memory: what a pass holds stays where it is.
    fileprivate func isSame(as other: BatchLayout) -> Bool {
        offsets.withUnsafeBufferPointer { own in
            other.offsets.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress && own.count == $0.count }
        }
            && keys.withUnsafeBufferPointer { own in
                other.keys.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
            }
    }
}
