import CKernels
import Tensors

extension HashedHead {
    /// sums = B values, by the fastest route or by `route`: YOSO's forward, and with the roles of queries and keys swapped
    /// the gradient of the values.
    func sums(of values: Matrix, into sums: Matrix, by route: YosoRoute? = nil, _ pool: StoragePool) {
        switch route ?? .ofSums(self, width: values.columns, pool) {
        case .dense:
            eachTile { first, count in
                multiply(shares(first, count, pool).matrix, values, into: sums.rows(first, count))
            }
        case .tables: sumByTables(values, sums, pool)
        case .collisions: sumByCollisions(values, sums, pool)
        case .list: sumByList(values, sums, pool)
        }
    }

    /// For every hash the values are added up by code, and looked up by the queries' codes: linear for any data.
    private func sumByTables(_ values: Matrix, _ sums: Matrix, _ pool: StoragePool) {
        let block = YosoRoute.tableColumns(length: length, bits: bits, width: values.columns)
        let scratch = pool.tensor((1 << bits) + 2 * length, block)
        ck_bucket_sums(
            Int64(length), Int32(values.columns), Int32(block), Int32(bits), Int32(hashes), keys.pointer,
            queries.pointer, values.pointer, Int64(values.stride), 1 / Float(hashes), sums.pointer,
            Int64(sums.stride), scratch.pointer)
    }

    /// Every query adds up the values of the keys that it collides with: linear while collisions are rare.
    private func sumByCollisions(_ values: Matrix, _ sums: Matrix, _ pool: StoragePool) {
        let sorted = SortedKeys(self, pool)
        withPackedRows(values, sums, pool) { values, sums, width in
            ck_collision_sums(
                Int64(length), width, Int32(bits), Int32(hashes), queries.pointer, sorted.starts.pointer,
                sorted.order.pointer, values, 1 / Float(hashes), sums)
        }
    }

    /// The same by the list of all collisions, column by column.
    private func sumByList(_ values: Matrix, _ sums: Matrix, _ pool: StoragePool) {
        let collisions = CollisionList(self, pool)
        withPackedRows(values, sums, pool) { values, sums, width in
            ck_listed_sums(
                Int64(length), width, collisions.ends.pointer, collisions.list.pointer, values, 1 / Float(hashes), sums)
        }
    }

    /// Runs a kernel that wants values and sums as rows one behind the other.
    private func withPackedRows(
        _ values: Matrix, _ sums: Matrix, _ pool: StoragePool,
        _ kernel: (
            _ values: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>, _ width: Int32
        ) -> Void
    ) {
        let (packed, result) = (PackedRows(values, pool), PackedRows(like: sums, pool))
        kernel(packed.tensor.pointer, result.tensor.pointer, Int32(packed.tensor.columns))
        copyRows(result.matrix, into: sums)
    }
}
