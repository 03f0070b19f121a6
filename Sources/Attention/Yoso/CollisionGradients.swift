import CKernels
import Tensors

extension HashedHead {
    /// With w_ij = (G_i · V_j - δ_i) B_ij (dE/dx) / E: dQ = w K, dK = wᵀ Q, dV = Bᵀ G, in one pass over the collisions, by the
    /// fastest route or by `route` (Zeng et al. 2021, section 3.2). The tables of that section would take 2 m d² operations
    /// a token, which loses at every length: `tables` enumerates.
    func writeGradients(
        _ rows: PairRows, _ slope: CollisionGradient, _ dSums: PackedRows, _ delta: Tensor, into gradient: PairRows,
        by route: YosoRoute? = nil, _ products: Products
    ) {
        let (isExact, pool): (Int32, _) = (slope == .exact ? 1 : 0, products.pool)
        switch route ?? .ofGradients(self, width: rows.query.matrix.columns, products) {
        case .dense:
            let keys = products.right(rows.key.matrix)
            let keysTransposed = isExact == 1 ? products.right(rows.key.matrix.transposed) : keys
            let valuesTransposed = products.right(rows.value.matrix.transposed)
            QueryTile.each(length: length) { first, count in
                let (query, dSums) = (rows.query.matrix.rows(first, count), dSums.matrix.rows(first, count))
                let shares = shares(first, count, pool)
                let weights = pool.tensor(count, length)
                let cosines = pool.tensor(count, isExact == 1 ? length : 0)
                if isExact == 1 { multiply(products.left(query), keysTransposed, into: cosines.matrix) }
                multiply(products.left(dSums), valuesTransposed, into: weights.matrix)
                withPointers(delta.row(0, first..<first + count), shares, cosines, weights) {
                    ck_collision_slopes(Int64(count), Int64(length), Int32(bits), isExact, $0, $1, $2, $3)
                }
                multiply(products.left(weights.matrix), keys, into: gradient.query.matrix.rows(first, count))
                multiply(
                    products.left(weights.matrix.transposed), products.right(query), into: gradient.key.matrix,
                    accumulate: first > 0)
                multiply(
                    products.left(shares.matrix.transposed), products.right(dSums), into: gradient.value.matrix,
                    accumulate: first > 0)
            }
        case .tables, .collisions:
            withPointers(
                self, SortedKeys(self, pool), rows.narrowed(for: products), dSums.tensor, delta, gradient
            ) {
                ck_collision_gradients($0, $1, isExact, $2, $3, $4, $5)
            }
        }
    }
}
