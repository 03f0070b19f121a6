import Tensors
import Testing

/// `multiply` against three nested loops, on operands that lie inside wider blocks.
struct MultiplyTests {
    static let shapes = [
        ProductShape(m: 1, n: 1, k: 1), ProductShape(m: 3, n: 5, k: 7), ProductShape(m: 17, n: 33, k: 9),
        ProductShape(m: 64, n: 20, k: 50),
    ]
    /// Whether a and b are transposed, and whether the product is added.
    static let forms = (0..<8).map { ($0 & 1 != 0, $0 & 2 != 0, $0 & 4 != 0) }

    let pool = StoragePool()

    @Test(arguments: shapes, forms)
    func agreesWithThreeLoops(shape: ProductShape, form: (transposesA: Bool, transposesB: Bool, accumulates: Bool)) {
        let a = Operand(shape.m, shape.k, transposed: form.transposesA, in: random(80, 80, seed: 1))
        let b = Operand(shape.k, shape.n, transposed: form.transposesB, in: random(80, 80, seed: 2))
        let block = random(shape.m + 2, shape.n + 6, seed: 3)
        var expected = block.values.map(Double.init)
        for i in 0..<shape.m {
            for j in 0..<shape.n {
                let product = (0..<shape.k).reduce(0.0) { $0 + Double(a[i, $1]) * Double(b[$1, j]) }
                let index = (i + 1) * block.columns + j + 4
                expected[index] = (form.accumulates ? expected[index] : 0) - 0.75 * product
            }
        }

        let c = block.matrix.rows(1, shape.m).columns(4, shape.n)
        multiply(a.matrix, b.matrix, into: c, scale: -0.75, accumulate: form.accumulates)

        // What lies around c is compared too: nothing may be written there.
        for (found, wanted) in zip(block.values, expected) { #expect(abs(Double(found) - wanted) < 1e-5) }
    }

    @Test func productsWithoutRowsOrColumnsDoNothing() {
        let empty = pool.tensor(0, 4)
        let weight = random(3, 4, seed: 1)
        let product = pool.tensor(0, 3)
        multiply(empty.matrix, weight.matrix.transposed, into: product.matrix)

        let sums = pool.tensor(4, 4, Array(repeating: 5, count: 16))
        multiply(empty.matrix.transposed, empty.matrix, into: sums.matrix, accumulate: true)
        #expect(sums.values == Array(repeating: 5, count: 16))
        multiply(empty.matrix.transposed, empty.matrix, into: sums.matrix)
        #expect(sums.values == Array(repeating: 0, count: 16))
    }

    @Test func overwritesWhateverTheResultHeld() {
        let (a, b) = (pool.tensor(2, 1, [1, 2]), pool.tensor(1, 2, [3, 4]))
        let c = pool.tensor(2, 2, Array(repeating: .nan, count: 4))
        multiply(a.matrix, b.matrix, into: c.matrix)
        #expect(c.values == [3, 4, 6, 8])
    }

    @Test func shapesThatDoNotFitTrap() async {
        await #expect(processExitsWith: .failure) {
            let a = StoragePool().zeros(2, 3)
            multiply(a.matrix, a.matrix, into: a.matrix)
        }
    }

    private func random(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
        let stream = RandomStream(seed: seed)
        return pool.tensor(rows, columns, (0..<rows * columns).map { Float(2 * stream.uniform(UInt32($0)) - 1) })
    }
}
