import CKernels
import Foundation
import Tensors
import Testing

@testable import Attention

/// Softmax attention of a head by the kernel for AVX2 or AVX-512, against its definition in float64: lengths and widths at either side of
/// where registers, panels and tiles end.
@Suite(.enabled(if: ["AVX2", "AVX-512"].contains(String(cString: ck_level())), "the kernel wants AVX2 or AVX-512"))
struct SoftmaxKernelTests {
    private let pool = StoragePool()
    private let scale: Float = 0.7

    @Test(
        arguments: [1, 5, 6, 7, 12, 13, 16, 17, 32, 33, 47, 48, 49, 64, 65, 95, 96, 97, 130], [1, 8, 24, 32, 33, 64])
    func shortSequences(_ length: Int, _ width: Int) { check(length, width) }

    @Test(arguments: [(479, 8), (480, 33), (481, 16), (961, 8), (500, 64)])
    func sequencesOfSeveralTiles(_ length: Int, _ width: Int) { check(length, width) }

    private func check(_ n: Int, _ width: Int) {
        let projections = drawn(n, 3 * width, "projections", pool)
        projections.scale(by: 2)
        let dOutput = drawn(n, width, "gradient", pool)
        // What is not written is not zero by chance.
        func unwritten(_ rows: Int, _ columns: Int) -> Tensor {
            pool.tensor(rows, columns, Array(repeating: .nan, count: rows * columns))
        }
        let (output, logSums, dProjections) = (unwritten(n, width), unwritten(1, n), unwritten(n, 3 * width))
        let scratch = unwritten(1, Int(ck_attend_scratch(Int64(n), Int64(width))))
        func slices(_ tensor: Tensor) -> HeadSlices {
            HeadSlices(
                query: tensor.matrix.columns(0, width), key: tensor.matrix.columns(width, width),
                value: tensor.matrix.columns(2 * width, width))
        }
        withPointers(slices(projections), output.matrix, logSums, scratch) { head, output, logSums, scratch in
            ck_attend(ck_attention_head(head, scale: scale), output, logSums, scratch)
        }
        let delta = rowProducts(dOutput.matrix, output.matrix, pool)
        withPointers(
            slices(projections), dOutput.matrix, logSums, delta, slices(dProjections), scratch
        ) { head, dOutput, logSums, delta, d, scratch in
            ck_attend_gradient(
                ck_attention_head(head, scale: scale), dOutput, logSums, delta, d.query, d.key, d.value, scratch)
        }
        let (y, d) = definition(projections.values.map(Double.init), dOutput.values.map(Double.init), n, width)
        #expect(distance(output.values, y) < 2e-6, "\(n) x \(width)")
        #expect(distance(dProjections.values, d) < 4e-6, "\(n) x \(width)")
    }

    /// y = P v and the gradients of q | k | v: dv = Pᵀ dy, ds = scale P ∘ (dy vᵀ - Σ dy ∘ y), dq = ds k, dk = dsᵀ q.
    private func definition(_ x: [Double], _ dy: [Double], _ n: Int, _ width: Int) -> (y: [Float], d: [Float]) {
        var (y, d) = ([Double](repeating: 0, count: n * width), [Double](repeating: 0, count: 3 * n * width))
        func dot(_ a: [Double], _ first: Int, _ b: [Double], _ second: Int) -> Double {
            var sum = 0.0
            for c in 0..<width { sum += a[first + c] * b[second + c] }
            return sum
        }
        for i in 0..<n {
            let (row, query) = (i * width, 3 * i * width)
            let scores = (0..<n).map { Double(scale) * dot(x, query, x, (3 * $0 + 1) * width) }
            let top = scores.max() ?? 0
            let powers = scores.map { exp($0 - top) }
            let sum = powers.reduce(0, +)
            for (j, power) in powers.enumerated() {
                let value = (3 * j + 2) * width
                for c in 0..<width {
                    y[row + c] += power / sum * x[value + c]
                    d[value + c] += power / sum * dy[row + c]
                }
            }
            let delta = dot(dy, row, y, row)
            for (j, power) in powers.enumerated() {
                let key = (3 * j + 1) * width
                let slope = Double(scale) * power / sum * (dot(dy, row, x, key + width) - delta)
                for c in 0..<width {
                    d[query + c] += slope * x[key + c]
                    d[key + c] += slope * x[query + c]
                }
            }
        }
        return (y.map(Float.init), d.map(Float.init))
    }
}
