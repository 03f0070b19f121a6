import CKernels
import Tensors

extension HashedHead {
    /// With w_ij = (G_i · V_j - δ_i) B_ij (dE/dx) / E: dQ = w K, dK = wᵀ Q, dV = Bᵀ G, in one pass over the collisions, by the
    /// fastest route or by `route` (Zeng et al. 2021, section 3.2). The tables of that section would take 2 m d² operations
    /// a token, which loses at every length: `tables` enumerates.
    func writeGradients(
        _ rows: PairRows, _ slope: CollisionGradient, _ dSums: PackedRows, _ delta: Tensor, into gradient: PairRows,
        by route: YosoRoute? = nil, _ pool: StoragePool
    ) {
        let isExact: Int32 = slope == .exact ? 1 : 0
        switch route ?? .ofGradients(self, width: rows.query.matrix.columns, pool) {
        case .dense:
            QueryTile.each(length: length) { first, count in
                let (query, dSums) = (rows.query.matrix.rows(first, count), dSums.matrix.rows(first, count))
                let shares = shares(first, count, pool)
                let weights = pool.tensor(count, length)
                let cosines = pool.tensor(count, isExact == 1 ? length : 0)
                if isExact == 1 { multiply(query, rows.key.matrix.transposed, into: cosines.matrix) }
                multiply(dSums, rows.value.matrix.transposed, into: weights.matrix)
                withPointers(delta.row(0, first..<first + count), shares, cosines, weights) {
                    ck_collision_slopes(Int64(count), Int64(length), Int32(bits), isExact, $0, $1, $2, $3)
                }
                multiply(weights.matrix, rows.key.matrix, into: gradient.query.matrix.rows(first, count))
                multiply(weights.matrix.transposed, query, into: gradient.key.matrix, accumulate: first > 0)
                multiply(shares.matrix.transposed, dSums, into: gradient.value.matrix, accumulate: first > 0)
            }
        case .tables, .collisions:
            withPointers(self, SortedKeys(self, pool), rows, dSums.tensor, delta, gradient) {
                ck_collision_gradients($0, $1, isExact, $2, $3, $4, $5)
            }
        }
    }
}
