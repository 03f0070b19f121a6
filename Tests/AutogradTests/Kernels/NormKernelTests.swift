import CKernels
import Foundation
import Tensors
import Testing

/// Layer and l2 normalisation against plain loops in double.
struct NormKernelTests {
    private let rows = 4
    private let columns = 21
    private let pool = StoragePool()

    @Test(arguments: [Float(1e-12), 1e-5, 0.1])
    func layerNorm(epsilon: Float) {
        let x = random("x", rows * columns).map { 3 * $0 + 1 }
        let (scale, shift) = (random("scale", columns), random("shift", columns))
        var y = x, normalized = x
        var inverse = Array(repeating: Float(0), count: rows)
        ck_layer_norm(Int64(rows), Int64(columns), epsilon, scale, shift, &normalized, &y, &inverse)
        for row in 0..<rows {
            let values = x[row * columns..<(row + 1) * columns].map(Double.init)
            let mean = values.reduce(0, +) / Double(columns)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            let deviation = (variance + Double(epsilon)).squareRoot()
            #expect(abs(Double(inverse[row]) * deviation - 1) < 1e-6)
            for column in 0..<columns {
                let unit = (values[column] - mean) / deviation
                #expect(abs(Double(normalized[row * columns + column]) - unit) < 2e-6)
                let shifted = unit * Double(scale[column]) + Double(shift[column])
                #expect(abs(Double(y[row * columns + column]) - shifted) < 2e-6)
            }
        }
    }

    /// The variance is that of the differences from the mean: an offset does not swallow it.
    @Test func layerNormOfAlmostEqualNumbers() {
        let x: [Float] = [1000, 1000.5, 999.5, 1000]
        var y = x, normalized = x, inverse: [Float] = [0]
        ck_layer_norm(1, 4, 1e-12, [1, 1, 1, 1], [0, 0, 0, 0], &normalized, &y, &inverse)
        for (found, wanted) in zip(y, [0, 2.0.squareRoot(), -2.0.squareRoot(), 0]) {
            #expect(abs(Double(found) - wanted) < 1e-5)
        }
    }

    @Test func layerNormGradientAddsToTheParametersAndReplacesItsOwn() {
        var d: [Float] = [1, -1], dScale: [Float] = [10, 20], dShift: [Float] = [30, 40]
        ck_layer_norm_gradient(1, 2, [1, -1], [0.5], [1, 1], &d, &dScale, &dShift)
        #expect(d == [0, 0])
        #expect(dScale == [11, 21])
        #expect(dShift == [31, 39])
    }

    @Test func l2NormOfStridedRows() {
        let (width, stride) = (5, 8)
        let x = random("x", rows * stride)
        let (y, norms) = (pool.zeros(rows, 6), pool.tensor(1, rows))
        withPointers(pool.tensor(rows, stride, x).matrix.columns(0, width), y.matrix.columns(0, width), norms) {
            ck_l2_normalize(1e-12, $0, $1, $2)
        }
        for row in 0..<rows {
            let values = x[row * stride..<row * stride + width].map(Double.init)
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(Double(norms[row]) - norm) < 1e-6)
            for column in 0..<width { #expect(abs(Double(y[row * 6 + column]) - values[column] / norm) < 1e-6) }
            #expect(y[row * 6 + width] == 0, "wrote between the rows")
        }
    }

    @Test func aZeroRowHasAZeroNormAndGetsNoGradient() {
        let (x, d) = (pool.tensor(2, 3, [0, 0, 0, 3, 0, 4]), pool.tensor(2, 3, [1, 2, 3, 1, 1, 1]))
        let (y, norms, dx) = (pool.tensor(2, 3), pool.tensor(1, 2), pool.tensor(2, 3))
        withPointers(x.matrix, y.matrix, norms) { ck_l2_normalize(1e-12, $0, $1, $2) }
        withPointers(y.matrix, norms, d.matrix, dx.matrix) { ck_l2_normalize_gradient(1e-12, $0, $1, $2, $3) }
        #expect(norms.values == [0, 5])
        #expect(y.values[..<3] == [0, 0, 0])
        #expect(dx.values[..<3] == [0, 0, 0])
        // (d - (d·y) y) / |x| with y = (0.6, 0, 0.8) and d·y = 1.4
        for (found, wanted) in zip(dx.values[3...], [0.032, 0.2, -0.024]) {
            #expect(abs(Double(found) - wanted) < 1e-7)
        }
    }

    private func random(_ name: String, _ count: Int) -> [Float] {
        RandomStream(seed: 6).stream(name).symmetric(count, 1)
    }
}
