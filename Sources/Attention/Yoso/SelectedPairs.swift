import CKernels
import Tensors

/// What sums over pairs are computed from by enumeration.
struct PairRows {
    /// Rows of length 1.
    let query: PackedRows
    /// Rows of length 1.
    let key: PackedRows
    let value: PackedRows
}

extension HashedHead {
    /// sums = W values and mass = the rows' sums of W, over the pairs that collide, each met once: linear while those are few.
    /// Returns how many they are; where they are more than `limit` the sums end early.
    func sumSelected(
        _ rows: PairRows, _ law: PairLaw, into sums: Matrix, mass: UnsafeMutablePointer<Float>, limit: Int = .max,
        _ pool: StoragePool
    ) -> Int {
        let (sorted, result, scratch) = (SortedKeys(self, pool), PackedRows(like: sums, pool), collisionScratch(pool))
        let met = ck_selected_sums(
            Int64(length), Int32(rows.query.tensor.columns), Int32(bits), law.c, queries.pointer,
            sorted.starts.pointer, sorted.order.pointer, rows.query.tensor.pointer, rows.key.tensor.pointer,
            rows.value.tensor.pointer, result.tensor.pointer, mass, scratch.pointer, Int64(limit))
        copyRows(result.matrix, into: sums)
        return Int(met)
    }

    /// The gradients of `WeighedPairs.writeGradients` by the same enumeration.
    func writeSelectedGradients(
        _ rows: PairRows, _ law: PairLaw, _ dSums: PackedRows, _ delta: Tensor, into gradient: PairRows,
        _ pool: StoragePool
    ) {
        let (sorted, scratch) = (SortedKeys(self, pool), collisionScratch(pool))
        let slopes = pool.tensor(1, 16 * length + 16)
        ck_selected_gradients(
            Int64(length), Int32(rows.query.tensor.columns), Int32(bits), law.c, queries.pointer,
            sorted.starts.pointer, sorted.order.pointer, rows.query.tensor.pointer, rows.key.tensor.pointer,
            rows.value.tensor.pointer, dSums.tensor.pointer, delta.pointer, gradient.query.tensor.pointer,
            gradient.key.tensor.pointer, gradient.value.tensor.pointer, scratch.pointer, slopes.pointer)
    }
}
