import Synchronization
import Testing

@testable import Tensors

/// Products by teams against those of one thread, bit by bit.
@Suite struct TeamProductTests {
    static let precisions = Precision.allCases.filter(\.isAvailable)
    /// Worth several threads, and odd in every way.
    static let shapes = [
        ProductShape(m: 301, n: 203, k: 157), ProductShape(m: 97, n: 430, k: 301), ProductShape(m: 700, n: 95, k: 131),
        ProductShape(m: 24, n: 1099, k: 330), ProductShape(m: 23, n: 800, k: 500), ProductShape(m: 5, n: 3, k: 7),
        // A step of fine-tuning has of width 256: blocks that are hardly worth a thread.
        ProductShape(m: 180, n: 256, k: 256), ProductShape(m: 256, n: 261, k: 187),
        // Two rounds of columns, and three of depth.
        ProductShape(m: 13, n: 1801, k: 400), ProductShape(m: 37, n: 403, k: 3900),
    ]
    static let forms = (0..<4).map { ($0 & 1 != 0, $0 & 2 != 0) }

    private let pool = StoragePool()

    @Test(arguments: shapes, precisions)
    func haveTheBitsOfOneThread(shape: ProductShape, precision: Precision) {
        for (transposesA, transposesB) in Self.forms {
            let a = random(transposesA ? shape.k : shape.m, transposesA ? shape.m : shape.k, seed: 1).matrix
            let b = random(transposesB ? shape.n : shape.k, transposesB ? shape.k : shape.n, seed: 2).matrix
            let (row, start) = (random(1, shape.n, seed: 3), random(shape.m, shape.n, seed: 4))
            let results = TeamTests.sizes.map { size in
                let products = Products(precision, from: pool, Team(size, staysAwake: false))
                let left = products.left(transposesA ? a.transposed : a)
                let right = products.right(transposesB ? b.transposed : b)
                let (plain, sum, biased) = (
                    pool.tensor(shape.m, shape.n), pool.copy(start), pool.tensor(shape.m, shape.n)
                )
                products.multiply(left, right, into: plain.matrix)
                products.multiply(left, right, into: sum.matrix, accumulate: true)
                products.multiply(left, right, plus: row, into: biased)
                return [plain.values, sum.values, biased.values]
            }
            #expect(results.allSatisfy { $0 == results[0] })
        }
    }

    @Test(.enabled(if: Precision.bf16.isAvailable, "this CPU has no AVX512-BF16"), arguments: shapes)
    func activationsHaveTheBitsOfOneThread(shape: ProductShape) throws {
        let (a, b, row) = (
            random(shape.m, shape.k, seed: 1), random(shape.k, shape.n, seed: 2), random(1, shape.n, seed: 3)
        )
        let (next, later) = (random(shape.n, 40, seed: 4), random(13, shape.m, seed: 5))
        let results = try TeamTests.sizes.map { size in
            let products = Products(.bf16, from: pool, Team(size, staysAwake: false))
            let input = products.leftAndKept(a, isKept: true)
            let h = pool.tensor(shape.m, shape.n)
            let activated = products.multiplyAndActivate(
                input.left, products.right(b.matrix), plus: row, into: h, isKept: true)
            let (one, other, pair) = (
                pool.tensor(shape.m, 40), pool.tensor(13, shape.n), products.pair(of: h.matrix)
            )
            products.multiply(activated.left, products.right(next.matrix), into: one.matrix)
            products.multiply(products.left(later.matrix), try #require(activated.kept), into: other.matrix)
            let (straight, transposed) = (pool.tensor(shape.m, 40), pool.tensor(shape.n, shape.k))
            products.multiply(pair.straight, products.right(next.matrix), into: straight.matrix)
            products.multiply(pair.transposed, try #require(input.kept), into: transposed.matrix)
            return [h.values, one.values, other.values, straight.values, transposed.values]
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    @Test(arguments: precisions) func smallProductsAreSpreadOverAll(precision: Precision) {
        let places = Mutex<[Int]>([])
        let products = Products(precision, from: pool, Team(8, staysAwake: false))
        products.blocks(of: random(180, 256, seed: 1).matrix, depth: 256) { rows, columns in
            places.withLock { $0.append(rows.count * columns.count * 256) }
        }
        let sizes = places.withLock { $0 }
        #expect(sizes.count > 6 && sizes.reduce(0, +) == 180 * 256 * 256)
        #expect(sizes.allSatisfy { $0 >= Products.leastProduct })
    }

    /// Without it float32 would gain nothing from a team; all kernels that OpenBLAS 0.3.21 has for x86-64 keep those of rows.
    @Test func openBLASKeepsTheBitsOfRows() { #expect(OpenBLAS.keepsBits.rows) }

    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
        let stream = RandomStream(seed: seed)
        return pool.tensor(rows, columns, (0..<rows * columns).map { Float(stream.uniform(UInt32($0)) - 0.5) })
    }
}
