import CKernels
import Tensors

extension HashedHead {
    /// sums = B values, by the fastest route or by `route`: YOSO's forward.
    func sums(of values: Matrix, into sums: Matrix, by route: YosoRoute? = nil, _ products: Products) {
        let pool = products.pool
        switch route ?? .ofSums(self, width: values.columns, products) {
        case .dense:
            let values = products.right(values)
            QueryTile.each(length: length) { first, count in
                let shares = products.left(shares(first, count, pool).matrix)
                multiply(shares, values, into: sums.rows(first, count))
            }
        case .tables: sumByTables(values, sums, pool)
        case .collisions: sumByCollisions(values, sums, products)
        }
    }

    /// For every hash the values are added up by code, and looked up by the queries' codes: linear for any data.
    private func sumByTables(_ values: Matrix, _ sums: Matrix, _ pool: StoragePool) {
        let block = YosoRoute.tableColumns(length: length, bits: bits, width: values.columns)
        let scratch = pool.tensor((1 << bits) + 2 * length, block)
        withPointers(self, values, sums, scratch) { ck_bucket_sums($0, Int32(block), $1, $2, $3) }
    }

    /// Every query adds up the values of the keys that it collides with: linear while collisions are rare.
    private func sumByCollisions(_ values: Matrix, _ sums: Matrix, _ products: Products) {
        let pool = products.pool
        let packed = PackedRows(values, pool)
        let narrow = packed.narrowed(for: products)
        withPointers(self, SortedKeys(self, pool), packed.tensor, narrow, sums) {
            ck_collision_sums($0, $1, Int64(packed.tensor.columns), $2, $3, $4)
        }
    }
}
