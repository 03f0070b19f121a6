extension OpenBLAS {
    /// Whether a block of rows, or of columns, of a product has the bits that it has in the whole: found out once, by products
    /// whose edges lie in all ways, since it depends on the kernels of the CPU.
    ///
    /// All kernels sum up an element of a product in one order; some of AVX2 do so in another at the last columns.
    static let keepsBits: (rows: Bool, columns: Bool) = {
        let pool = StoragePool()
        let random = RandomStream(seed: 0)
        func matrix(_ rows: Int, _ columns: Int, isTransposed: Bool) -> Matrix {
            let tensor = pool.tensor(isTransposed ? columns : rows, isTransposed ? rows : columns)
            let stream = random.stream(UInt64(rows))
            tensor.copy(from: (0..<tensor.count).map { Float(stream.uniform(UInt32($0)) - 0.5) })
            return isTransposed ? tensor.matrix.transposed : tensor.matrix
        }
        func keeps(rows: Int, columns: Int, of m: Int, _ n: Int, _ depth: Int, _ form: Int) -> Bool {
            let a = matrix(m, depth, isTransposed: form % 2 == 1), b = matrix(depth, n, isTransposed: form / 2 == 1)
            let (whole, cut) = (pool.tensor(m, n), pool.tensor(m, n))
            multiply(a, b, into: whole.matrix)
            for row in stride(from: 0, to: m, by: rows) {
                for column in stride(from: 0, to: n, by: columns) {
                    let (high, wide) = (min(rows, m - row), min(columns, n - column))
                    multiply(
                        a.rows(row, high), b.columns(column, wide),
                        into: cut.matrix.rows(row, high).columns(column, wide))
                }
            }
            return whole.values == cut.values
        }
        // Three blocks, of which the last has an edge of its own.
        let forms = [(0, 611), (1, 300), (2, 611), (3, 300)]
        return (
            forms.allSatisfy { keeps(rows: 72, columns: 200, of: 245, 200, $0.1, $0.0) },
            forms.allSatisfy { keeps(rows: 200, columns: 64, of: 200, 220, $0.1, $0.0) }
        )
    }()
}
