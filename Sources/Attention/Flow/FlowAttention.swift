import Autograd
import CKernels
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Y_i = σ(Î_i) / I_i · φ(q_i)ᵀ Σ_j φ(k_j) c_j v_jᵀ with φ = σ, attention as a flow that is conserved: what flows into a query, I_i =
/// φ(q_i) · Σ_j φ(k_j), and out of a key, O_j = φ(k_j) · Σ_i φ(q_i), is brought to 1, which leaves Î_i = φ(q_i) · Σ_j φ(k_j) / O_j
/// to be allocated and Ô_j = φ(k_j) · Σ_i φ(q_i) / I_i to be competed for, c_j = n softmax_j(min(Ô_j, 1)) (Flowformer: Wu et al.,
/// ICML 2022, section 3.2). Linear in length.
struct FlowAttention: SelfAttention {
    let shape: HeadShape
    let options: FlowOptions

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let pool = projections.tape.pool
        let output = pool.tensor(projections.rows, shape.width)
        shape.eachHead(layout, projections.tape.products) { _, rows, head, products in
            let flow = Flow(shape.slices(projections.value, rows, head: head), options, products.pool)
            scaleRows(flow.read.matrix, by: flow.gates, into: shape.slice(output, rows, head: head))
        }
        return projections.tape.record(output, FlowGradient(attention: self, layout: layout, projections: projections))
    }
}

/// What forward makes of one sequence and head, made again in backward.
struct Flow {
    /// φ(Q) and φ(K), [n, d].
    let query, key: Tensor
    /// Σ_i φ(q_i), Σ_j φ(k_j), Σ_j φ(k_j) / O_j and Σ_i φ(q_i) / I_i, [d].
    let querySum, keySum, source, sink: [Float]
    /// 1 / I, 1 / O, Ô, c and σ(Î), [n].
    let perIncoming, perOutgoing, competing, competition, allocation: [Float]
    /// Σ_j φ(k_j) c_j v_jᵀ, [d, d], and φ(Q) times that, [n, d].
    let memory, read: Tensor

    init(_ slices: HeadSlices, _ options: FlowOptions, _ pool: StoragePool) {
        func sigmoid(_ x: Matrix) -> Tensor {
            let y = pool.tensor(x.rows, x.columns)
            withPointers(x, y.matrix) { ck_sigmoid($0, $1) }
            return y
        }
        (query, key) = (sigmoid(slices.query), sigmoid(slices.key))
        let ones = [Float](repeating: 1, count: key.rows)
        querySum = product(query.matrix.transposed, ones, pool)
        keySum = product(key.matrix.transposed, ones, pool)
        perIncoming = product(query.matrix, keySum, pool).map(Self.inverse)
        perOutgoing = product(key.matrix, querySum, pool).map(Self.inverse)
        source = product(key.matrix.transposed, perOutgoing, pool)
        sink = product(query.matrix.transposed, perIncoming, pool)
        allocation = options.allocation ? product(query.matrix, source, pool).map(Self.sigmoid) : ones
        competing = product(key.matrix, sink, pool)
        // Exponents are at most 1, and sums of n of them no further from n than a factor of e.
        let powers = competing.map { options.competition ? exp(min($0, 1)) : 1 }
        let scale = Float(powers.count) / powers.reduce(0, +)
        competition = powers.map { $0 * scale }
        let competed = pool.tensor(key.rows, key.columns)
        scaleRows(slices.value, by: competition, into: competed.matrix)
        memory = pool.tensor(key.columns, key.columns)
        multiply(key.matrix.transposed, competed.matrix, into: memory.matrix)
        read = pool.tensor(query.rows, query.columns)
        multiply(query.matrix, memory.matrix, into: read.matrix)
    }

    private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }

    /// What is smaller than a normal number has no finite one.
    private static func inverse(_ x: Float) -> Float { x < .leastNormalMagnitude ? 0 : 1 / x }

    /// σ(Î_i) / I_i
    var gates: [Float] { zip(allocation, perIncoming).map { $0 * $1 } }
}

/// A x, for a vector x.
func product(_ a: Matrix, _ x: [Float], _ pool: StoragePool) -> [Float] {
    let y = pool.tensor(a.rows, 1)
    multiply(a, pool.tensor(x.count, 1, x).matrix, into: y.matrix)
    return y.values
}

/// y_i = factors_i x_i, row by row; y may be x.
func scaleRows(_ x: Matrix, by factors: [Float], into y: Matrix) {
    precondition(x.rows == y.rows && x.columns == y.columns && factors.count == y.rows)
    withPointers(x, y) { ck_scale_rows(factors, $0, $1) }
}
