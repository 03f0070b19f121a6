import CKernels
import Testing

@testable import Tensors

/// Products of bf16 panels against loops over the rounded operands.
@Suite(.enabled(if: Precision.bf16.isAvailable, "this CPU has no AVX512-BF16"))
struct PanelsTests {
    /// Every edge: less than a panel, one, and more; odd depths; depths beyond one block of the kernel.
    static let shapes = [
        ProductShape(m: 1, n: 1, k: 1), ProductShape(m: 3, n: 5, k: 7), ProductShape(m: 12, n: 32, k: 2),
        ProductShape(m: 13, n: 33, k: 31),
        ProductShape(m: 25, n: 17, k: 33), ProductShape(m: 40, n: 64, k: 769), ProductShape(m: 300, n: 48, k: 64),
        ProductShape(m: 16, n: 16, k: 256), ProductShape(m: 33, n: 545, k: 62), ProductShape(m: 49, n: 96, k: 801),
    ]
    static let forms = (0..<4).map { ($0 & 1 != 0, $0 & 2 != 0) }

    private let pool = StoragePool()

    @Test(arguments: shapes, forms)
    func agreeWithLoopsOverRoundedOperands(shape: ProductShape, form: (transposesA: Bool, transposesB: Bool)) {
        let a = Operand(shape.m, shape.k, transposed: form.transposesA, in: random(805, 805, seed: 1))
        let b = Operand(shape.k, shape.n, transposed: form.transposesB, in: random(805, 805, seed: 2))
        let block = random(shape.m + 2, shape.n + 6, seed: 3)
        let start = random(1, shape.n, seed: 4)
        let before = block.values
        let c = block.matrix.rows(1, shape.m).columns(4, shape.n)
        let (left, right) = (LeftPanels(a.matrix, from: pool), RightPanels(b.matrix, from: pool))
        let exact = product(a, b)

        multiply(left, right, into: c)
        expectEqual(block, before, depth: shape.k) { exact[$0][$1] }
        multiply(left, right, into: c, accumulate: true)
        expectEqual(block, before, depth: shape.k) { 2 * exact[$0][$1] }
        multiply(left, right, into: c, startingFrom: start)
        expectEqual(block, before, depth: shape.k) { exact[$0][$1] + Double(start[$1]) }
    }

    @Test func aRowDoesNotDependOnTheOthers() {
        let (a, b) = (random(61, 800, seed: 1), random(800, 40, seed: 2))
        let right = RightPanels(b.matrix, from: pool)
        let together = pool.tensor(61, 40)
        multiply(LeftPanels(a.matrix, from: pool), right, into: together.matrix)
        for row in 0..<61 {
            let alone = pool.tensor(1, 40)
            multiply(LeftPanels(a.matrix.rows(row, 1), from: pool), right, into: alone.matrix)
            #expect(alone.values == together.view(at: 40 * row, rows: 1, columns: 40).values)
        }
    }

    /// Of numbers of all sizes, those that round to zero and sums that do among them.
    @Test(.enabled(if: ck_amx() <= 0, "AMX multiplies"), arguments: shapes)
    func fusedProductsHaveTheBitsOfDotProducts(shape: ProductShape) {
        let (left, right) = (
            LeftPanels(ofAllSizes(shape.m, shape.k, seed: 1).matrix, from: pool),
            RightPanels(ofAllSizes(shape.k, shape.n, seed: 2).matrix, from: pool)
        )
        let (start, before) = (ofAllSizes(1, shape.n, seed: 3), ofAllSizes(shape.m, shape.n, seed: 4))
        for (start, accumulates) in [(start, 0), (nil, 0), (nil, 1)] as [(Tensor?, Int32)] {
            let results = ([0, 1] as [Int32]).map { isFused in
                let c = pool.copy(before)
                withPointers(left.words, right.words, start, c.matrix) {
                    ck_bf16_multiply(isFused, Int64(shape.k), $0, $1, $2, accumulates, $3)
                }
                return c.values.map(\.bitPattern)
            }
            #expect(results[0] == results[1])
        }
    }

    @Test func panelsPackedInPiecesAreTheSame() {
        let b = random(21, 100, seed: 2).matrix
        let pieces = RightPanels(rows: 21, columns: 100, from: pool)
        for first in [64, 0, 32, 96] { pieces.pack(b.columns(first, min(32, 100 - first)), from: first) }
        let slabs = RightPanels(rows: 21, columns: 100, from: pool)
        for first in [16, 0, 8] { slabs.pack(b.rows(first, min(8, 21 - first)), depthFrom: first) }
        let a = LeftPanels(random(5, 21, seed: 1).matrix, from: pool)
        let (one, other, third) = (pool.tensor(5, 100), pool.tensor(5, 100), pool.tensor(5, 100))
        multiply(a, RightPanels(b, from: pool), into: one.matrix)
        multiply(a, pieces, into: other.matrix)
        multiply(a, slabs, into: third.matrix)
        #expect(one.values == other.values)
        #expect(one.values == third.values)
    }

    @Test func anInputIsReadOnceForBothProducts() throws {
        let products = Products(.bf16, from: pool)
        let (input, right, left) = (random(61, 37, seed: 1), random(37, 40, seed: 2), random(13, 61, seed: 3))
        let both = products.leftAndKept(input, isKept: true)
        var results: [[Float]] = []
        for (straight, kept) in [
            (both.left, try #require(both.kept)), (products.left(input.matrix), products.right(input.matrix)),
        ] {
            let (one, other) = (pool.tensor(61, 40), pool.tensor(13, 37))
            multiply(straight, products.right(right.matrix), into: one.matrix)
            multiply(products.left(left.matrix), kept, into: other.matrix)
            results.append(one.values + other.values)
        }
        #expect(results[0] == results[1])
    }

    /// As the product, gelu of it and the packing of that one after another, at every edge.
    @Test(arguments: shapes)
    func activationsArePackedWhereTheyAreMade(shape: ProductShape) throws {
        let products = Products(.bf16, from: pool)
        let (a, b, row) = (
            random(shape.m, shape.k, seed: 1), random(shape.k, shape.n, seed: 2), random(1, shape.n, seed: 3)
        )
        let (next, later) = (random(shape.n, 40, seed: 4), random(13, shape.m, seed: 5))
        let (left, right) = (products.left(a.matrix), products.right(b.matrix))
        let (fused, plain) = (pool.tensor(shape.m, shape.n), pool.tensor(shape.m, shape.n))
        let together = products.multiplyAndActivate(left, right, plus: row, into: fused, isKept: true)
        let forNextAlone = products.multiplyAndActivate(left, right, plus: row, into: fused, isKept: false)
        #expect(forNextAlone.kept.map { _ in true } == nil)
        products.multiply(left, right, plus: row, into: plain)
        #expect(fused.values == plain.values)
        plain.withPointer { ck_gelu(Int64(plain.count), $0, $0) }
        let apart = products.leftAndKept(plain, isKept: true)
        var results: [[Float]] = []
        for activated in [together, (forNextAlone.left, together.kept), apart] {
            let (one, other) = (pool.tensor(shape.m, 40), pool.tensor(13, shape.n))
            multiply(activated.0, products.right(next.matrix), into: one.matrix)
            multiply(products.left(later.matrix), try #require(activated.1), into: other.matrix)
            results.append(one.values + other.values)
        }
        #expect(results[0] == results[2] && results[1] == results[2])
    }

    /// Rows of a matrix and columns of its transpose, some at a time.
    @Test func aPairOfLeftFactorsIsTheMatrixAndItsTranspose() {
        let a = random(61, 37, seed: 1)
        let products = Products(.bf16, from: pool)
        let pair = products.emptyPair(of: a.matrix)
        let step = LeftFactorPair.rowsAtATime
        for first in stride(from: 60 / step * step, through: 0, by: -step) {
            pair.add(rows: first..<min(first + step, 61))
        }
        let (right, rightOfTransposed) = (random(37, 40, seed: 2).matrix, random(61, 40, seed: 3).matrix)
        let (one, other) = (pool.tensor(61, 40), pool.tensor(61, 40))
        multiply(products.left(a.matrix), products.right(right), into: one.matrix)
        multiply(pair.straight, products.right(right), into: other.matrix)
        #expect(one.values == other.values)
        let (three, four) = (pool.tensor(37, 40), pool.tensor(37, 40))
        multiply(products.left(a.matrix.transposed), products.right(rightOfTransposed), into: three.matrix)
        multiply(pair.transposed, products.right(rightOfTransposed), into: four.matrix)
        #expect(three.values == four.values)
    }

    @Test func productsWithoutRowsDoNothingAndWithoutDepthClear() {
        let empty = pool.tensor(0, 4)
        let product = pool.tensor(0, 4)
        let square = RightPanels(random(4, 4, seed: 1).matrix, from: pool)
        multiply(LeftPanels(empty.matrix, from: pool), square, into: product.matrix)
        let sums = pool.tensor(4, 4, Array(repeating: 5, count: 16))
        let (left, right) = (LeftPanels(empty.matrix.transposed, from: pool), RightPanels(empty.matrix, from: pool))
        multiply(left, right, into: sums.matrix, accumulate: true)
        #expect(sums.values == Array(repeating: 5, count: 16))
        multiply(left, right, into: sums.matrix)
        #expect(sums.values == Array(repeating: 0, count: 16))
    }

    /// a b of operands rounded to bf16, by loops in double.
    private func product(_ a: Operand, _ b: Operand) -> [[Double]] {
        let depth = a.matrix.columns
        let rows = (0..<a.matrix.rows).map { i in (0..<depth).map { Double(rounded(a[i, $0])) } }
        let columns = (0..<b.matrix.columns).map { j in (0..<depth).map { Double(rounded(b[$0, j])) } }
        return rows.map { row in
            columns.map { column in
                // Of eight million terms, of which a debug build makes few a microsecond by iterators.
                row.withUnsafeBufferPointer { row in
                    column.withUnsafeBufferPointer { column in
                        var (sum, k) = (0.0, 0)
                        while k < depth { (sum, k) = (sum + row[k] * column[k], k + 1) }
                        return sum
                    }
                }
            }
        }
    }

    /// To eight bits of significand, ties to even.
    private func rounded(_ x: Float) -> Float {
        let bits = x.bitPattern
        return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }

    /// What lies around the result is compared too: nothing may be written there.
    private func expectEqual(
        _ block: Tensor, _ before: [Float], depth: Int, inside expected: (_ i: Int, _ j: Int) -> Double
    ) {
        for (index, found) in block.values.enumerated() {
            let (i, j) = (index / block.columns - 1, index % block.columns - 4)
            let isInside = (0..<block.rows - 2).contains(i) && (0..<block.columns - 6).contains(j)
            let wanted = isInside ? expected(i, j) : Double(before[index])
            #expect(abs(Double(found) - wanted) <= (isInside ? 1e-6 + 1e-7 * Double(depth) : 0), "at \(i), \(j)")
        }
    }

    /// By powers of two from 2^-140 to 2^40, of which two in three are below the square root of the least normal number.
    private func ofAllSizes(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
        let exponents = RandomStream(seed: seed + 100)
        let values = random(rows, columns, seed: seed).values
        return pool.tensor(
            rows, columns,
            values.indices.map {
                Float(sign: .plus, exponent: Int(exponents.uniform(UInt32($0)) * 180) - 140, significand: values[$0])
            })
    }

    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
        let stream = RandomStream(seed: seed)
        return pool.tensor(rows, columns, (0..<rows * columns).map { Float(2 * stream.uniform(UInt32($0)) - 1) })
    }
}
