import CKernels
import Tensors

/// What sums over pairs are computed from by enumeration.
struct PairRows: KernelOperand {
    /// Rows of length 1.
    let query: PackedRows
    /// Rows of length 1.
    let key: PackedRows
    let value: PackedRows
    /// Keys and values as bf16 numbers, which are then read in the place of these.
    private var narrow: (key: Tensor, value: Tensor)?

    init(query: PackedRows, key: PackedRows, value: PackedRows) {
        (self.query, self.key, self.value) = (query, key, value)
    }

    /// The same, with keys and values in the precision of `products`, as products of them would round them.
    func narrowed(for products: Products) -> PairRows {
        var result = self
        if let key = key.narrowed(for: products), let value = value.narrowed(for: products) {
            result.narrow = (key, value)
        }
        return result
    }

    func withPointer<Result>(_ body: (ck_pair_rows) throws -> Result) rethrows -> Result {
        try withPointers(query.tensor, key.tensor, value.tensor, narrow?.key, narrow?.value) {
            try body(
                ck_pair_rows(
                    width: Int64(query.tensor.columns), q: $0, k: $1, v: $2, narrow_k: $3, narrow_v: $4))
        }
    }
}

extension HashedHead {
    /// sums = W values and mass = the rows' sums of W, over the pairs that collide, each met once: linear while those are few.
    /// Returns how many they are; where they are more than `limit` the sums end early.
    func sumSelected(
        _ rows: PairRows, _ law: PairLaw, into sums: Matrix, mass: Tensor, limit: Int = .max,
        _ products: Products
    ) -> Int {
        let (pool, rows) = (products.pool, rows.narrowed(for: products))
        let result = PackedRows(like: sums, pool)
        let met = withPointers(self, SortedKeys(self, pool), rows, result.tensor, mass) {
            ck_selected_sums($0, $1, law.c, $2, $3, $4, Int64(limit))
        }
        copyRows(result.matrix, into: sums)
        return Int(met)
    }

    /// The gradients of `WeighedPairs.writeGradients` by the same enumeration.
    func writeSelectedGradients(
        _ rows: PairRows, _ law: PairLaw, _ dSums: PackedRows, _ delta: Tensor, into gradient: PairRows,
        _ products: Products
    ) {
        let (pool, rows) = (products.pool, rows.narrowed(for: products))
        let slopes = pool.tensor(1, 16 * length + 16)
        slopes.withPointer { slopes in
            withPointers(self, SortedKeys(self, pool), rows, dSums.tensor, delta, gradient) {
                ck_selected_gradients($0, $1, law.c, $2, $3, $4, $5, slopes)
            }
        }
    }
}
