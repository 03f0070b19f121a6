import CKernels
import Tensors

/// What the gradients of unit queries and keys are computed from, and where they go.
struct CollisionGradientRows {
    let rows: PairRows
    /// G, the gradient of the sums B V.
    let dSums: PackedRows
    /// δ, the gradient of the rows' sums of B, negated; a number a query.
    let delta: Tensor
    /// Where dQ, dK and dV go.
    let gradient: PairRows
}

extension HashedHead {
    /// With w_ij = (G_i · V_j - δ_i) B_ij (dE/dx) / E: dQ = w K, dK = wᵀ Q, dV = Bᵀ G, in one pass over the collisions, by the
    /// fastest route or by `route` (Zeng et al. 2021, section 3.2). The tables of that section would take 2 m d² operations
    /// a token, which loses at every length: `tables` enumerates.
    func writeGradients(
        _ rows: CollisionGradientRows, _ gradient: CollisionGradient, by route: YosoRoute? = nil, _ pool: StoragePool
    ) {
        let isExact: Int32 = gradient == .exact ? 1 : 0
        switch route ?? .ofGradients(self, width: rows.rows.query.matrix.columns, pool) {
        case .dense:
            eachTile { first, count in
                let (query, dSums) = (rows.rows.query.matrix.rows(first, count), rows.dSums.matrix.rows(first, count))
                let shares = shares(first, count, pool)
                let weights = pool.tensor(count, length)
                let cosines = pool.tensor(count, isExact == 1 ? length : 0)
                if isExact == 1 { multiply(query, rows.rows.key.matrix.transposed, into: cosines.matrix) }
                multiply(dSums, rows.rows.value.matrix.transposed, into: weights.matrix)
                ck_collision_slopes(
                    Int64(count), Int64(length), Int32(bits), isExact, rows.delta.pointer + first, shares.pointer,
                    cosines.pointer, weights.pointer)
                multiply(weights.matrix, rows.rows.key.matrix, into: rows.gradient.query.matrix.rows(first, count))
                multiply(weights.matrix.transposed, query, into: rows.gradient.key.matrix, accumulate: first > 0)
                multiply(shares.matrix.transposed, dSums, into: rows.gradient.value.matrix, accumulate: first > 0)
            }
        case .tables, .collisions:
            let sorted = SortedKeys(self, pool)
            ck_collision_gradients(
                Int64(length), Int32(rows.rows.query.tensor.columns), Int32(bits), Int32(hashes), isExact,
                queries.pointer, sorted.starts.pointer, sorted.order.pointer, rows.rows.query.tensor.pointer,
                rows.rows.key.tensor.pointer, rows.rows.value.tensor.pointer, rows.dSums.tensor.pointer,
                rows.delta.pointer,
                rows.gradient.query.tensor.pointer, rows.gradient.key.tensor.pointer,
                rows.gradient.value.tensor.pointer,
                collisionScratch(pool).pointer)
        }
    }
}
