import CKernels
import Tensors

/// What the gradients of unit queries and keys are computed from, and where they go; a row a token each.
struct CollisionGradientRows {
    let query: Matrix
    let key: Matrix
    let value: Matrix
    /// G, the gradient of the sums B V.
    let dSums: Matrix
    let dQuery: Matrix
    let dKey: Matrix
}

extension HashedHead {
    /// With w_ij = (G_i · V_j) B_ij (dE/dx) / E: dQ = w K, dK = wᵀ Q, in one pass, by the fastest route or by `route`
    /// (Zeng et al. 2021, section 3.2). The tables of that section would take 2 m d² operations a token, which loses at
    /// every length.
    func writeGradients(
        _ rows: CollisionGradientRows, _ gradient: CollisionGradient, by route: YosoRoute? = nil, _ pool: StoragePool
    ) {
        let isExact: Int32 = gradient == .exact ? 1 : 0
        switch route ?? .ofGradients(self, width: rows.query.columns, pool) {
        case .dense:
            eachTile { first, count in
                let (query, dSums) = (rows.query.rows(first, count), rows.dSums.rows(first, count))
                let shares = shares(first, count, pool)
                let weights = pool.tensor(count, length)
                let cosines = pool.tensor(count, isExact == 1 ? length : 0)
                if isExact == 1 { multiply(query, rows.key.transposed, into: cosines.matrix) }
                multiply(dSums, rows.value.transposed, into: weights.matrix)
                ck_collision_slopes(
                    Int64(weights.count), Int32(bits), isExact, shares.pointer, cosines.pointer, weights.pointer)
                multiply(weights.matrix, rows.key, into: rows.dQuery.rows(first, count))
                multiply(weights.matrix.transposed, query, into: rows.dKey, accumulate: first > 0)
            }
        case .tables, .collisions:
            let sorted = SortedKeys(self, pool)
            let packed = [rows.query, rows.key, rows.value, rows.dSums].map { PackedRows($0, pool).tensor }
            let (dQuery, dKey) = (PackedRows(like: rows.dQuery, pool), PackedRows(like: rows.dKey, pool))
            let list = IntegerVector<UInt32>(length + 1, from: pool)
            let counts = IntegerVector<UInt16>(length, from: pool)
            ck_collision_gradients(
                Int64(length), Int32(dQuery.tensor.columns), Int32(bits), Int32(hashes), isExact, queries.pointer,
                sorted.starts.pointer, sorted.order.pointer, packed[0].pointer, packed[1].pointer,
                packed[2].pointer, packed[3].pointer, dQuery.tensor.pointer, dKey.tensor.pointer, list.pointer,
                counts.pointer)
            dQuery.unpack(into: rows.dQuery)
            dKey.unpack(into: rows.dKey)
        }
    }
}
