import CKernels
import Tensors

extension HashedHead {
    /// sums = B values, by the fastest route or by `route`: YOSO's forward.
    func sums(of values: Matrix, into sums: Matrix, by route: YosoRoute? = nil, _ pool: StoragePool) {
        switch route ?? .ofSums(self, width: values.columns, pool) {
        case .dense:
            eachTile { first, count in
                multiply(shares(first, count, pool).matrix, values, into: sums.rows(first, count))
            }
        case .tables: sumByTables(values, sums, pool)
        case .collisions: sumByCollisions(values, sums, pool)
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
        let (packed, result) = (PackedRows(values, pool), PackedRows(like: sums, pool))
        ck_collision_sums(
            Int64(length), Int32(packed.tensor.columns), Int32(bits), Int32(hashes), queries.pointer,
            sorted.starts.pointer, sorted.order.pointer, packed.tensor.pointer, result.tensor.pointer,
            collisionScratch(pool).pointer)
        copyRows(result.matrix, into: sums)
    }

    /// Where the kernels of `collisions` write the collisions of a few queries out.
    func collisionScratch(_ pool: StoragePool) -> IntegerVector<UInt8> {
        IntegerVector(Int(ck_collision_scratch(Int64(length), Int32(hashes))), from: pool)
    }
}
