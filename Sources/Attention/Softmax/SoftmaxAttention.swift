import Autograd
import CKernels
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Y = dropout(softmax(Q Kᵀ / √d)) V, head by head (Vaswani et al. 2017, section 3.2.1).
///
/// Scores exist for one tile of queries at a time, and backward computes them again from the saved row sums (Dao et
/// al. 2022, section 3.1), so memory is linear in the length.
struct SoftmaxAttention: SelfAttention {
    let shape: HeadShape
    let dropout: Float
    /// θ of every head, whose scores are 16 e^θ Q Kᵀ in the place of Q Kᵀ / √d.
    var temperature: Parameter?

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        attend(projections, layout, keeping: nil)
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection) -> Variable {
        attend(projections, layout, keeping: kept)
    }

    private func attend(_ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection?) -> Variable {
        let tape = projections.tape
        if tape.machine != nil {
            let random = dropout > 0 ? tape.nextRandomStream() : nil
            let output = projections.attend(
                DeviceAttention(
                    heads: shape.heads, headWidth: shape.headWidth,
                    .softmax(scale: scale, dropout: random == nil ? 0 : dropout, random: random)), layout)
            return kept.map { output.gatherRows($0.rows) } ?? output
        }
        let queries = kept.map { AskedQueries($0, layout, of: projections.value, width: shape.width, tape.pool) }
        let output = tape.pool.tensor(queries?.values.rows ?? projections.rows, shape.width)
        // log Σ exp of every query's scores, [heads, queries]; by `HeadKernel` to the base 2.
        let logSums = tape.pool.tensor(shape.heads, output.rows)
        let mask = dropout > 0 ? tape.nextRandomStream() : nil
        let pass = SoftmaxPass(
            attention: self, layout: layout, queries: queries, scales: scales(tape), mask: mask, logSums: logSums)
        pass.eachTile(tape.products) { sequence, head, products in
            pass.attend(projections.value, into: output, sequence, head, products)
        } prepare: { sequence, head, products in
            let slices = pass.slices(projections.value, sequence, head)
            return (
                query: slices.query, key: products.right(slices.key.transposed), value: products.right(slices.value)
            )
        } body: { tile, factors, products in
            let scores = products.pool.tensor(tile.count, tile.keys)
            multiply(products.left(tile.rows(factors.query)), factors.key, into: scores.matrix)
            withPointers(scores, pass.logSum(tile)) {
                ck_softmax(Int64(tile.count), Int64(tile.keys), pass.scales[tile.head], $0, $1)
            }
            pass.drop(scores, tile)
            multiply(products.left(scores.matrix), factors.value, into: pass.slice(output, tile))
        }
        return tape.record(output, SoftmaxGradient(pass: pass, projections: projections, output: output))
    }

    private var scale: DeviceAttention.SoftmaxScale {
        temperature.map { .learned(first: NormalizedSoftmax.firstTemperature, $0) }
            ?? .fixed(1 / Float(shape.headWidth).squareRoot())
    }

    /// The factor of every head's scores.
    private func scales(_ tape: Tape) -> [Float] {
        guard let temperature else {
            return Array(repeating: 1 / Float(shape.headWidth).squareRoot(), count: shape.heads)
        }
        return tape[temperature].values.map { NormalizedSoftmax.firstTemperature * exp($0) }
    }
}

/// What forward and backward of one softmax attention share: its tiles, row sums and dropout.
struct SoftmaxPass {
    let attention: SoftmaxAttention
    let layout: BatchLayout
    /// Where not all rows are.
    let queries: AskedQueries?
    let scales: [Float]
    let mask: RandomStream?
    let logSums: Tensor

    var shape: HeadShape { attention.shape }

    /// The queries as sequences of their own.
    var asked: BatchLayout { queries?.selection.layout ?? layout }

    func eachTile<Prepared>(
        _ products: Products, whole: (_ sequence: Int, _ head: Int, Products) -> Void,
        prepare: (_ sequence: Int, _ head: Int, Products) -> Prepared,
        body: (QueryTile, Prepared, Products) -> Void
    ) {
        QueryTile.each(of: layout, asked, shape, products, whole: whole, prepare: prepare, body: body)
    }

    /// Queries, keys and values of a head of a sequence in `projections`, or where `kept` are all queries, in these.
    func slices(_ projections: Tensor, kept: Tensor?, _ sequence: Int, _ head: Int) -> HeadSlices {
        let all = shape.slices(projections, layout.rows(sequence), head: head)
        guard let kept else { return all }
        return HeadSlices(
            query: shape.slice(kept, asked.rows(sequence), head: head), key: all.key, value: all.value)
    }

    func slices(_ projections: Tensor, _ sequence: Int, _ head: Int) -> HeadSlices {
        slices(projections, kept: queries?.values, sequence, head)
    }

    func logSum(_ tile: QueryTile) -> Tensor {
        let first = tile.queries.lowerBound + tile.first
        return logSums.row(tile.head, first..<first + tile.count)
    }

    /// The rows of the tile in [queries, width].
    func slice(_ tensor: Tensor, _ tile: QueryTile) -> Matrix {
        tile.rows(shape.slice(tensor, tile.queries, head: tile.head))
    }

    /// Dropout of a tile of weights (or of their gradient), drawn by sequence, head, query and key, whoever else is asked.
    func drop(_ weights: Tensor, _ tile: QueryTile) {
        guard let key = dropoutKey(sequence: tile.index, head: tile.head) else { return }
        func drop(_ weights: Tensor, from query: Int) {
            let first = UInt32(truncatingIfNeeded: query * tile.keys)
            weights.withPointer { ck_dropout(Int64(weights.count), key, first, attention.dropout, $0) }
        }
        guard let places = queries?.places[tile.queries].dropFirst(tile.first).prefix(tile.count) else {
            return drop(weights, from: tile.first)
        }
        for (row, place) in places.enumerated() { drop(weights.rows(row..<row + 1), from: Int(place)) }
    }

    /// Of the random words that drop weights of a head; nil where none are.
    func dropoutKey(sequence: Int, head: Int) -> UInt64? {
        mask?.stream(layout.keys[sequence]).stream(UInt64(head)).key
    }
}
