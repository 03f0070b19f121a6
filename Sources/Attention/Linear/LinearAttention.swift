import Autograd
import CKernels
import Tensors

/// Y_i = φ(q_i)ᵀ Σ_j φ(k_j) v_jᵀ / φ(q_i)ᵀ Σ_j φ(k_j): attention with a kernel that factors, linear in length
/// (Katharopoulos et al. 2020, section 3.2; Choromanski et al. 2021, section 2).
///
/// A column of ones beside V carries the denominator through the same products.
struct LinearAttention: SelfAttention {
    let shape: HeadShape
    let features: Features

    enum Features {
        case elu
        case random(FeatureDirections)
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        if projections.tape.machine != nil, case .elu = features {
            return projections.attend(
                DeviceAttention(heads: shape.heads, headWidth: shape.headWidth, .linear), layout)
        }
        let pool = projections.tape.pool
        let output = pool.tensor(projections.rows, shape.width)
        let denominators = pool.tensor(shape.heads, projections.rows)
        eachHead(layout, projections.tape.products) { rows, head, map, pool in
            let slices = shape.slices(projections.value, rows, head: head)
            let parts = Parts(slices, map, pool)
            let sums = pool.tensor(rows.count, shape.headWidth + 1)
            multiply(parts.query.matrix, parts.memory.matrix, into: sums.matrix)
            quotients(sums, shape.slice(output, rows, head: head), denominators.row(head, rows))
        }
        return projections.tape.record(
            output,
            LinearAttentionGradient(
                attention: self, layout: layout, projections: projections, output: output, denominators: denominators))
    }

    func eachHead(
        _ layout: BatchLayout, _ products: Products,
        _ body: (_ rows: Range<Int>, _ head: Int, _ map: FeatureMap, _ pool: StoragePool) -> Void
    ) {
        let maps: [FeatureMap] =
            switch features {
            case .elu: Array(repeating: .elu, count: shape.heads)
            case .random(let directions): directions.tensors(products.pool).map { .random(directions: $0) }
            }
        shape.eachHead(layout, products) { _, rows, head, products in body(rows, head, maps[head], products.pool) }
    }

    /// What forward makes of one sequence and head, made again in backward.
    struct Parts {
        /// φ(Q), φ(K): [n, r]
        let query: Tensor
        let key: Tensor
        /// V and a column of ones, [n, d + 1].
        let value: Tensor
        /// φ(K)ᵀ [V, 1], [r, d + 1].
        let memory: Tensor

        init(_ slices: HeadSlices, _ map: FeatureMap, _ pool: StoragePool) {
            query = map.features(of: slices.query, isKey: false, pool)
            key = map.features(of: slices.key, isKey: true, pool)
            let width = slices.value.columns
            value = pool.tensor(slices.value.rows, width + 1)
            value.fill(1)
            copyRows(slices.value, into: value.matrix.columns(0, width))
            memory = pool.tensor(key.columns, width + 1)
            multiply(key.matrix.transposed, value.matrix, into: memory.matrix)
        }
    }
}

/// With N = φ(Q) M, M = φ(K)ᵀ [V, 1], s the last column of N and Y = N / s: dN = [dY, -dY · Y] / s, dφ(Q) = dN Mᵀ,
/// dM = φ(Q)ᵀ dN, dφ(K) = [V, 1] dMᵀ, d[V, 1] = φ(K) dM.
private struct LinearAttentionGradient: AttentionGradient {
    let attention: LinearAttention
    let layout: BatchLayout
    let projections: Variable
    let output: Tensor
    let denominators: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let shape = attention.shape
        let dProjections = gradients.pool.tensor(projections.rows, projections.columns)
        attention.eachHead(layout, gradients.products) { rows, head, map, pool in
            let slices = shape.slices(projections.value, rows, head: head)
            let dSlices = shape.slices(dProjections, rows, head: head)
            let parts = LinearAttention.Parts(slices, map, pool)
            let dSums = quotientsGradient(
                shape.slice(dOutput, rows, head: head), of: shape.slice(output, rows, head: head),
                denominators.row(head, rows), pool)
            let dQuery = pool.tensor(rows.count, parts.query.columns)
            multiply(dSums.matrix, parts.memory.matrix.transposed, into: dQuery.matrix)
            let dMemory = pool.tensor(parts.memory.rows, parts.memory.columns)
            multiply(parts.query.matrix.transposed, dSums.matrix, into: dMemory.matrix)
            let dKey = pool.tensor(rows.count, parts.key.columns)
            multiply(parts.value.matrix, dMemory.matrix.transposed, into: dKey.matrix)
            multiply(parts.key.matrix, dMemory.matrix.columns(0, shape.headWidth), into: dSlices.value)
            map.writeGradient(dQuery, of: parts.query, slices.query, into: dSlices.query)
            map.writeGradient(dKey, of: parts.key, slices.key, into: dSlices.key)
        }
        gradients.add(dProjections, to: projections)
    }
}

/// y = the columns of sums [n, d + 1] but the last, over the last, which goes to `denominators`.
func quotients(_ sums: Tensor, _ y: Matrix, _ denominators: Tensor) {
    precondition(y.rows == sums.rows && y.columns == sums.columns - 1 && denominators.count == y.rows)
    withPointers(sums.matrix, denominators, y) { ck_quotients($0, $1, $2) }
}

/// dsums = [dy, -dy · y] / denominator, row by row.
func quotientsGradient(_ d: Matrix, of y: Matrix, _ denominators: Tensor, _ pool: StoragePool) -> Tensor {
    let dSums = pool.tensor(d.rows, d.columns + 1)
    withPointers(denominators, y, d, dSums) { ck_quotients_gradient($0, $1, $2, $3) }
    return dSums
}
