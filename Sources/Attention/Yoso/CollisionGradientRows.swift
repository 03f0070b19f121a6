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
            QueryTile.each(length: length) { first, count in
                let (query, dSums) = (rows.rows.query.matrix.rows(first, count), rows.dSums.matrix.rows(first, count))
                let shares = shares(first, count, pool)
                let weights = pool.tensor(count, length)
                let cosines = pool.tensor(count, isExact == 1 ? length : 0)
                if isExact == 1 { multiply(query, rows.rows.key.matrix.transposed, into: cosines.matrix) }
                multiply(dSums, rows.rows.value.matrix.transposed, into: weights.matrix)
                withPointers(rows.delta.row(0, first..<first + count), shares, cosines, weights) {
                    ck_collision_slopes(Int64(count), Int64(length), Int32(bits), isExact, $0, $1, $2, $3)
                }
                multiply(weights.matrix, rows.rows.key.matrix, into: rows.gradient.query.matrix.rows(first, count))
                multiply(weights.matrix.transposed, query, into: rows.gradient.key.matrix, accumulate: first > 0)
                multiply(shares.matrix.transposed, dSums, into: rows.gradient.value.matrix, accumulate: first > 0)
            }
        case .tables, .collisions:
            let (dSums, sorted) = (rows.dSums.tensor, SortedKeys(self, pool))
            withPointers(self, sorted, rows.rows, dSums, rows.delta, rows.gradient) {
                ck_collision_gradients($0, $1, isExact, $2, $3, $4, $5)
            }
        }
    }
}
