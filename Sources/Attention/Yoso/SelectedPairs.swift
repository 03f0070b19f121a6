import CKernels
import Tensors

/// What sums over pairs are computed from by enumeration.
struct PairRows: KernelOperand {
    /// Rows of length 1.
    let query: PackedRows
    /// Rows of length 1.
    let key: PackedRows
    let value: PackedRows

    func withPointer<Result>(_ body: (ck_pair_rows) throws -> Result) rethrows -> Result {
        try withPointers(query.tensor, key.tensor, value.tensor) {
            try body(ck_pair_rows(width: Int64(query.tensor.columns), q: $0, k: $1, v: $2))
        }
    }
}

extension HashedHead {
    /// sums = W values and mass = the rows' sums of W, over the pairs that collide, each met once: linear while those are few.
    /// Returns how many they are; where they are more than `limit` the sums end early.
    func sumSelected(
        _ rows: PairRows, _ law: PairLaw, into sums: Matrix, mass: Tensor, limit: Int = .max,
        _ pool: StoragePool
    ) -> Int {
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
        _ pool: StoragePool
    ) {
        let slopes = pool.tensor(1, 16 * length + 16)
        slopes.withPointer { slopes in
            withPointers(self, SortedKeys(self, pool), rows, dSums.tensor, delta, gradient) {
                ck_selected_gradients($0, $1, law.c, $2, $3, $4, $5, slopes)
            }
        }
    }
}
