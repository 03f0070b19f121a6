import Autograd
import CKernels
import Tensors

/// The gradient of a `FlowAttention`, head by head.
struct FlowGradient: AttentionGradient {
    let attention: FlowAttention
    let layout: BatchLayout
    let projections: Variable

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let shape = attention.shape
        let dProjections = gradients.pool.tensor(projections.rows, projections.columns)
        shape.eachHead(layout, gradients.products) { _, rows, head, products in
            let pool = products.pool
            let slices = shape.slices(projections.value, rows, head: head)
            Flow(slices, attention.options, pool).writeGradients(
                shape.slice(dOutput, rows, head: head), slices.value, attention.options,
                into: shape.slices(dProjections, rows, head: head), pool)
        }
        gradients.add(dProjections, to: projections)
    }
}

extension Flow {
    /// With N = φ(Q) M, M = φ(K)ᵀ (c V), g = σ(Î) / I and Y = g N: dN = g dY, dφ(Q) = dN Mᵀ, dM = φ(Q)ᵀ dN, dφ(K) = c (V dMᵀ),
    /// dV = c (φ(K) dM); then through g and c to Î, Ô, and through all four flows to the sums that they come from.
    func writeGradients(
        _ dOutput: Matrix, _ value: Matrix, _ options: FlowOptions, into d: HeadSlices, _ pool: StoragePool
    ) {
        let dRead = pool.tensor(read.rows, read.columns)
        scaleRows(dOutput, by: gates, into: dRead.matrix)
        let dMemory = pool.tensor(memory.rows, memory.columns)
        multiply(query.matrix.transposed, dRead.matrix, into: dMemory.matrix)
        multiply(dRead.matrix, memory.matrix.transposed, into: d.query)
        // V dMᵀ, which gets c below.
        multiply(value, dMemory.matrix.transposed, into: d.key)
        multiply(key.matrix, dMemory.matrix, into: d.value)
        scaleRows(d.value, by: competition, into: d.value)

        let dGates = rowProducts(dOutput, read.matrix, pool).values
        // Factors come one by one, for squares of 1 / I may be beyond all numbers.
        var dIncoming = zip(dGates, zip(gates, perIncoming)).map { -$0 * $1.0 * $1.1 }
        let dAllocated = zip(dGates, zip(allocation, perIncoming)).map { $0 * $1.1 * $1.0 * (1 - $1.0) }
        let dCompetition = rowProducts(d.key, key.matrix, pool).values
        let mean = zip(dCompetition, competition).reduce(0) { $0 + $1.0 * $1.1 } / Float(competition.count)
        let dCompeting = zip(competing, zip(dCompetition, competition)).map { competing, pair in
            options.competition && competing <= 1 ? pair.1 * (pair.0 - mean) : 0
        }
        let dSource = product(query.matrix.transposed, dAllocated, pool)
        let dSink = product(key.matrix.transposed, dCompeting, pool)
        let dOutgoing = zip(product(key.matrix, dSource, pool), perOutgoing).map { -$0 * $1 * $1 }
        dIncoming = zip(dIncoming, zip(product(query.matrix, dSink, pool), perIncoming)).map {
            $0 - $1.0 * $1.1 * $1.1
        }

        let ones = [Float](repeating: 1, count: key.rows)
        add(
            [
                (dAllocated, source), (perIncoming, dSink), (dIncoming, keySum),
                (ones, product(key.matrix.transposed, dOutgoing, pool)),
            ], to: d.query, pool)
        scaleRows(d.key, by: competition, into: d.key)
        add(
            [
                (dCompeting, sink), (perOutgoing, dSource), (dOutgoing, querySum),
                (ones, product(query.matrix.transposed, dIncoming, pool)),
            ], to: d.key, pool)
        withPointers(query, d.query) { ck_sigmoid_gradient($0, $1) }
        withPointers(key, d.key) { ck_sigmoid_gradient($0, $1) }
    }

    /// d += Σ a bᵀ of the pairs of vectors [n] and [d]
    private func add(_ pairs: [(column: [Float], row: [Float])], to d: Matrix, _ pool: StoragePool) {
        let columns = pool.tensor(pairs.count, d.rows, pairs.flatMap(\.column))
        let rows = pool.tensor(pairs.count, d.columns, pairs.flatMap(\.row))
        multiply(columns.matrix.transposed, rows.matrix, into: d, accumulate: true)
    }
}
