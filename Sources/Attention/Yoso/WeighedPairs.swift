import CKernels
import Tensors

/// One sequence and head whose pairs are weighed by their cosines, tile by tile: the dense route, of all pairs or of those
/// that hashes select.
struct WeighedPairs {
    /// Rows of length 1; where all pairs are met, fewer than there are keys, or as many.
    let query: Matrix
    /// Rows of length 1.
    let key: Matrix
    let value: Matrix
    let law: PairLaw
    /// Codes that agree where a pair is met; nil for all pairs.
    let selected: HashedHead?
    let products: Products
    let pool: StoragePool

    /// sums = W values, mass = the rows' sums of W; returns how many pairs were met.
    @discardableResult func sum(into sums: Matrix, mass: Tensor) -> Int {
        if hasKernel {
            withPointers(slices, sums, mass, scratch) { ck_attend_pairs(ck_attention_head($0), law.c, $1, $2, $3) }
            return query.rows * length
        }
        let (key, value) = (products.right(key.transposed), products.right(value))
        var met = 0
        QueryTile.each(queries: query.rows, keys: length) { first, count in
            let weights = pool.tensor(count, length)
            multiply(products.left(query.rows(first, count)), key, into: weights.matrix)
            let nearest = nearest(first, count)
            withPointers(nearest, weights, mass.row(0, first..<first + count)) {
                ck_pair_weights(Int64(count), Int64(length), law.c, $0, $1, $2)
            }
            multiply(products.left(weights.matrix), value, into: sums.rows(first, count))
            met += nearest.map(Attention.met(in:)) ?? count * length
        }
        return met
    }

    /// With w_ij = (G_i · V_j - δ_i) W_ij (dE/dx) / E: dQ = w K, dK = wᵀ Q, dV = Wᵀ G, of unit queries and keys.
    func writeGradients(_ dSums: Matrix, _ delta: Tensor, into gradient: HeadSlices) {
        if hasKernel {
            return withPointers(slices, dSums, delta, gradient, scratch) {
                ck_attend_pairs_gradient(
                    ck_attention_head($0), law.c, $1, $2, $3.query, $3.key, $3.value, $4)
            }
        }
        let (keys, keysTransposed) = (products.right(key), products.right(key.transposed))
        let valuesTransposed = products.right(value.transposed)
        QueryTile.each(queries: query.rows, keys: length) { first, count in
            let (query, dTile) = (query.rows(first, count), dSums.rows(first, count))
            let weights = pool.tensor(count, length)
            let dDots = pool.tensor(count, length)
            multiply(products.left(query), keysTransposed, into: weights.matrix)
            multiply(products.left(dTile), valuesTransposed, into: dDots.matrix)
            withPointers(nearest(first, count), delta.row(0, first..<first + count), weights, dDots) {
                ck_pair_gradients(Int64(count), Int64(length), law.c, $0, $1, $2, $3)
            }
            multiply(
                products.left(weights.matrix.transposed), products.right(dTile), into: gradient.value,
                accumulate: first > 0)
            multiply(products.left(dDots.matrix), keys, into: gradient.query.rows(first, count))
            multiply(
                products.left(dDots.matrix.transposed), products.right(query), into: gradient.key,
                accumulate: first > 0)
        }
    }

    private var length: Int { key.rows }

    private var hasKernel: Bool { selected == nil && HeadKernel.serves(products) }

    private var slices: HeadSlices { HeadSlices(query: query, key: key, value: value) }

    private var scratch: Tensor { HeadKernel.scratch(length, width: max(query.columns, value.columns), pool) }

    private func nearest(_ first: Int, _ count: Int) -> IntegerVector<UInt16>? {
        selected?.nearest(queries: first, count, step: 1, pool)
    }
}

extension HashedHead {
    /// For `count` queries from `first` on, `step` apart, and every key the least difference of their codes, as numbers, over
    /// all hashes: zero where they collide.
    func nearest(queries first: Int, _ count: Int, step: Int, _ pool: StoragePool) -> IntegerVector<UInt16> {
        let nearest = IntegerVector<UInt16>(count * length, from: pool)
        withPointers(self, nearest) { ck_nearest_codes($0, Int64(first), Int64(count), Int64(step), $1) }
        return nearest
    }
}

/// How many of the pairs whose codes are so near are met.
func met(in nearest: IntegerVector<UInt16>) -> Int {
    Int(nearest.withPointer { ck_met(Int64(nearest.count), $0) })
}
