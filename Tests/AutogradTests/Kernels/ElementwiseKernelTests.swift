import CKernels
import Foundation
import Tensors
import Testing

/// GELU, tanh, exp and arccos against Foundation's in double.
struct ElementwiseKernelTests {
    private let pool = StoragePool()

    /// An odd count, so that the tail of every vector loop is taken.
    private let grid = (0...2002).map { Float(-10 + 0.01 * Double($0)) }

    @Test func geluAndItsGradientAreErfs() {
        var (y, slope) = (grid, Array(repeating: Float(1), count: grid.count))
        ck_gelu(Int64(grid.count), grid, &y)
        ck_gelu_gradient(Int64(grid.count), grid, &slope)
        for (index, x) in grid.map(Double.init).enumerated() {
            let distribution = 0.5 * erfc(-x / 2.0.squareRoot())
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            #expect(abs(Double(y[index]) - x * distribution) < 2e-7 * max(0.5, x), "gelu(\(x))")
            #expect(abs(Double(slope[index]) - (distribution + x * density)) < 5e-7, "gelu'(\(x))")
        }
    }

    @Test func geluByTanhAndItsGradient() {
        let grid = self.grid + [-3e38, -1e13, 1e13, 3e38]
        var (y, slope) = (grid, Array(repeating: Float(1), count: grid.count))
        ck_gelu_tanh(Int64(grid.count), grid, &y)
        ck_gelu_tanh_gradient(Int64(grid.count), grid, &slope)
        for (index, x) in grid.map(Double.init).enumerated() {
            let (u, du) = (0.7978845608028654 * (x + 0.044715 * x * x * x), 0.7978845608028654 * (1 + 0.134145 * x * x))
            let bell = abs(u) < 300 ? 1 / (cosh(u) * cosh(u)) : 0
            let (share, derivative) = (0.5 * (1 + tanh(u)), bell == 0 ? 0 : 0.5 * x * bell * du)
            #expect(abs(Double(y[index]) - x * share) < 1e-6 * max(1, abs(x)), "gelu(\(x))")
            #expect(abs(Double(slope[index]) - (share + derivative)) < 2e-6, "gelu'(\(x))")
        }
    }

    @Test func geluGradientScalesWhatItIsGiven() {
        var d: [Float] = [3]
        ck_gelu_gradient(1, [0], &d)
        #expect(abs(d[0] - 1.5) < 1e-6)
    }

    @Test func tanhAndItsGradient() {
        var (y, slope) = (grid, Array(repeating: Float(2), count: grid.count))
        ck_tanh(Int64(grid.count), grid, &y)
        ck_tanh_gradient(Int64(grid.count), y, &slope)
        for (index, x) in grid.map(Double.init).enumerated() {
            #expect(abs(Double(y[index]) - tanh(x)) < 2e-7)
            #expect(abs(Double(slope[index]) - 2 / (cosh(x) * cosh(x))) < 1e-6)
        }
    }

    /// softmax again with a row sum of 1 is e^x alone.
    @Test func exponentialIsExactToOneInTwoMillion() {
        let arguments = (0...1739).map { Float(-86.95 + 0.1 * Double($0)) }
        var values = arguments
        ck_softmax_again(1, Int64(values.count), 1, [0], &values)
        for (value, argument) in zip(values, arguments) {
            #expect(abs(Double(value) / exp(Double(argument)) - 1) < 5e-7, "exp(\(argument))")
        }
    }

    @Test func exponentialSaturatesInsteadOfWrapping() {
        var values: [Float] = [-1e30, -200, -88, 89, 200, 1e30]
        ck_softmax_again(1, 6, 1, [0], &values)
        for value in values[..<3] { #expect(value >= 0 && value < 2e-38) }
        for value in values[3...] { #expect(value > 1e38 && value.isFinite) }
    }

    /// The expectation of one bit is 1 - arccos(x) / π.
    @Test func arccosOverItsWholeRange() {
        let arguments = (0...2000).map { Float(-1 + 0.001 * Double($0)) }
        let limit: Float = 1 - 1e-6
        var values = arguments
        let law = ck_pair_law(kernel_bits: 1, exact: 0, hashes: 0, hash_bits: 0, drawn: 1)
        var mass: [Float] = [0]
        ck_pair_weights(1, Int64(values.count), law, nil, &values, &mass)
        for (value, argument) in zip(values, arguments) {
            let angle = acos(Double(min(max(argument, -limit), limit)))
            #expect(abs((1 - Double(value)) * Double.pi - angle) < 1e-6, "arccos(\(argument))")
        }
    }

    @Test func sumsAndProducts() {
        #expect(abs(ck_sum_of_squares(3, [1, 2, 3]) - 14) < 1e-12)
        let (x, y) = (pool.tensor(2, 3, [1, 2, 3, 1, 0, 1]), pool.tensor(2, 4, [9, 4, -5, 6, 9, 1, 2, 3]))
        let products = pool.tensor(1, 2)
        withPointers(x.matrix, y.matrix.columns(1, 3), products) { ck_row_products($0, $1, $2) }
        #expect(products.values == [12, 4])
        var sums: [Float] = [10, 20]
        pool.tensor(3, 2, [1, 2, 3, 4, 5, 6]).matrix.withPointer { ck_add_column_sums($0, &sums) }
        #expect(sums == [19, 32])
    }

    /// Small squares are not lost beside large ones, nor do large ones overflow.
    @Test func squaresAreSummedInDouble() {
        let values = [Float(1e20)] + Array(repeating: Float(1e14), count: 1000)
        #expect(abs(ck_sum_of_squares(1001, values) / (1e40 + 1e31) - 1) < 1e-6)
        let small = [Float(1)] + Array(repeating: Float(1e-5), count: 1000)
        #expect(abs(ck_sum_of_squares(1001, small) - 1.0000001) < 1e-12)
    }
}
