import CKernels
import Testing

@testable import Tensors

/// Products by panels against sums in double precision, of operands that lie inside wider blocks.
@Suite(.enabled(if: String(cString: ck_level()) == "AVX-512", "the kernel wants AVX-512"))
struct ProductRoundsTests {
    static let shapes = [
        ProductShape(m: 12, n: 32, k: 1), ProductShape(m: 24, n: 64, k: 384), ProductShape(m: 25, n: 65, k: 385),
        // Two blocks of rows, an edge on every side.
        ProductShape(m: 301, n: 47, k: 71), ProductShape(m: 7, n: 97, k: 1001),
    ]
    static let forms = (0..<4).map { ($0 & 1 != 0, $0 & 2 != 0) }
    enum Sum: CaseIterable { case plain, started, accumulated }

    private let pool = StoragePool()

    /// For rounds of one panel, of a few, and of all.
    @Test(arguments: shapes, forms)
    func agreeWithDoublePrecisionInRoundsOfAnySize(shape: ProductShape, form: (transposesA: Bool, transposesB: Bool)) {
        let a = operand(shape.m, shape.k, transposed: form.transposesA, seed: 1)
        let b = operand(shape.k, shape.n, transposed: form.transposesB, seed: 2)
        let (row, start) = (random(1, shape.n, seed: 3), random(shape.m + 3, shape.n + 6, seed: 4))
        for sum in Sum.allCases {
            let expected = self.expected(a, b, shape, sum, row: row, start: start)
            let results = [1, 50_000, Products.roundFloats].flatMap { floats in
                [1, 3].map { threads in
                    let products = Products(.fp32, from: pool, Team(threads, staysAwake: false))
                    let block = pool.copy(start)
                    products.multiply(
                        a.matrix, b.matrix, into: block.matrix.rows(1, shape.m).columns(4, shape.n),
                        startingFrom: sum == .started ? row : nil, accumulate: sum == .accumulated, roundFloats: floats)
                    return block.values
                }
            }
            // Laid out before, at once or in two parts.
            let laid = [shape.n, 32].flatMap { cut in
                let floats = pool.tensor(1, LaidFactor.floats(rows: shape.k, columns: shape.n))
                let factor = LaidFactor(rows: shape.k, columns: shape.n, in: floats)
                let first = b.matrix.columns(0, min(cut, shape.n))
                factor.lay(first, from: 0)
                if cut < shape.n { factor.lay(b.matrix.columns(cut, shape.n - cut), from: cut) }
                return [(1, 1), (1, 3), (3, 50_000), (3, Products.roundFloats)].map { threads, floats in
                    let products = Products(.fp32, from: pool, Team(threads, staysAwake: false))
                    let block = pool.copy(start)
                    products.multiply(
                        a.matrix, factor, into: block.matrix.rows(1, shape.m).columns(4, shape.n),
                        startingFrom: sum == .started ? row : nil, accumulate: sum == .accumulated, roundFloats: floats)
                    return block.values
                }
            }
            for result in results + laid {
                // What lies around c is compared too: nothing may be written there.
                #expect(zip(result, expected).allSatisfy { abs(Double($0) - $1.value) <= $1.bound })
                #expect(result == results[0])
            }
        }
    }

    @Test(arguments: shapes, forms)
    func tallAndWideTilesHaveTheSameBits(shape: ProductShape, form: (transposesA: Bool, transposesB: Bool)) {
        let a = operand(shape.m, shape.k, transposed: form.transposesA, seed: 1)
        let b = operand(shape.k, shape.n, transposed: form.transposesB, seed: 2)
        let (row, before) = (random(1, shape.n, seed: 3), random(shape.m, shape.n, seed: 4))
        let width = Int(CK_PRODUCT_COLUMNS)
        let panels = pool.tensor(1, (shape.n + width - 1) / width * width * shape.k)
        let scratch = pool.tensor(1, Int(CK_PRODUCT_SCRATCH))
        withPointers(b.matrix, panels) { ck_product_pack(b.matrix.isTransposed ? 1 : 0, $0, $1) }
        for sum in Sum.allCases {
            let results = ([0, 1] as [Int32]).map { isWide in
                let c = pool.copy(before)
                withPointers(a.matrix, panels, sum == .started ? row : nil, c.matrix, scratch) {
                    let how = ck_product(
                        is_wide: isWide, is_transposed: a.matrix.isTransposed ? 1 : 0,
                        accumulates: sum == .accumulated ? 1 : 0, depth: Int64(shape.k))
                    ck_product_multiply(how, $0, $1, $2, $3, $4)
                }
                return c.values
            }
            #expect(results[0] == results[1])
        }
    }

    /// What a block becomes, and how far from it rounding may lead: k + 1 roundings of sums no larger than that of magnitudes
    /// (Higham 2002, section 3.1).
    private func expected(
        _ a: Operand, _ b: Operand, _ shape: ProductShape, _ sum: Sum, row: Tensor, start: Tensor
    ) -> [(value: Double, bound: Double)] {
        let (left, right) = (values(a, shape.m, shape.k), values(b, shape.k, shape.n))
        var expected = start.values.map { (value: Double($0), bound: 0.0) }
        for i in 0..<shape.m {
            for j in 0..<shape.n {
                let index = (i + 1) * start.columns + j + 4
                var (value, magnitude) = (0.0, 0.0)
                for k in 0..<shape.k {
                    let product = left[i * shape.k + k] * right[k * shape.n + j]
                    value += product
                    magnitude += abs(product)
                }
                switch sum {
                case .plain: break
                case .started: value += Double(row[j])
                case .accumulated: value += expected[index].value
                }
                expected[index] = (value, Double(shape.k + 1) * 0x1p-24 * (magnitude + 1))
            }
        }
        return expected
    }

    private func values(_ operand: Operand, _ rows: Int, _ columns: Int) -> [Double] {
        (0..<rows).flatMap { i in (0..<columns).map { Double(operand[i, $0]) } }
    }

    @Test(arguments: [(30_522, 256), (256, 30_522), (3_072, 768), (768, 3_072), (33, 1), (32, 400_000), (100_000, 7)])
    func roundsMakeUpTheWholeAndFit(columns: Int, depth: Int) {
        let rounds = Products.rounds(columns: columns, depth: depth, floats: Products.roundFloats)
        #expect(rounds.columns.flatMap { Array($0) } == Array(0..<columns))
        #expect(rounds.depth.flatMap { Array($0) } == Array(0..<depth))
        #expect(rounds.columns.allSatisfy { $0.lowerBound % Products.tile.columns == 0 })
        #expect(rounds.depth.allSatisfy { $0.lowerBound % Int(CK_PRODUCT_DEPTH) == 0 })
        let (widest, deepest) = (rounds.columns.map(\.count).max() ?? 0, rounds.depth.map(\.count).max() ?? 0)
        #expect((widest + 31) / 32 * 32 * deepest <= Products.roundFloats)
    }

    /// A text is answered as alone, whichever others are asked with it.
    @Test(arguments: [(96, 384), (96, 400)], [false, true])
    func aRowHasTheBitsThatItHasAlone(size: (columns: Int, depth: Int), isTransposed: Bool) {
        let (columns, depth) = size
        let (x, row) = (random(30, depth, seed: 1), random(1, columns, seed: 3))
        let weight = operand(depth, columns, transposed: isTransposed, seed: 2)
        let products = Products(.fp32, from: pool, Team(2, staysAwake: false))
        func rows(_ range: Range<Int>) -> [Float] {
            let y = pool.tensor(range.count, columns)
            products.multiply(
                x.rows(range).matrix, weight.matrix, into: y.matrix, startingFrom: row, accumulate: false)
            return y.values
        }
        #expect(rows(0..<30) == rows(0..<1) + rows(1..<6) + rows(6..<30))
    }

    private func operand(_ rows: Int, _ columns: Int, transposed: Bool, seed: UInt64) -> Operand {
        let (stored, width) = transposed ? (columns, rows) : (rows, columns)
        return Operand(rows, columns, transposed: transposed, in: random(stored + 4, width + 5, seed: seed))
    }

    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
        let stream = RandomStream(seed: seed)
        return pool.tensor(rows, columns, (0..<rows * columns).map { Float(stream.uniform(UInt32($0)) - 0.5) })
    }
}
