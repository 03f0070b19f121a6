import CKernels
import Foundation
import Tensors
import Testing

/// Kernels of single attentions and of initial weights, against plain loops.
struct RowKernelTests {
    private let pool = StoragePool()

    /// The double-precision transform of Box and Muller, wherever a part begins.
    @Test func exactNormalsAreThoseOfTheirWords() {
        let stream = RandomStream(seed: 3).stream("weight")
        var numbers = [Float](repeating: 0, count: 50)
        ck_exact_normals(7, 50, stream.key, 0.5, &numbers)
        for (index, number) in numbers.enumerated() {
            let (u, v) = (stream.uniform(UInt32(2 * (7 + index))), stream.uniform(UInt32(2 * (7 + index) + 1)))
            #expect(number == Float((-2 * log(u)).squareRoot() * cos(2 * .pi * v)) * 0.5)
        }
    }

    @Test func pairsAreRotated() {
        let x = pool.tensor(2, 5, [1, 0, 0, 2, 9, 3, 4, 5, 6, 9])
        x.matrix.columns(0, 4).withPointer { ck_rotate_pairs(2, [0, 1], [1, 0], $0) }
        #expect(x.values == [0, 1, 0, 2, 9, -4, 3, 5, 6, 9])
    }

    @Test func segmentsAreSummedAndSpread() {
        let x = pool.tensor(3, 3, [1, 2, 9, 3, 4, 9, 5, 6, 9])
        let (sums, means, dx) = (pool.tensor(2, 2), pool.tensor(2, 2), pool.zeros(3, 2))
        withPointers(x.matrix.columns(0, 2), sums, means, dx.matrix) { x, sums, means, dx in
            ck_segment_sums(2, [0, 1, 3], 0, x, sums)
            ck_segment_sums(2, [0, 1, 3], 1, x, means)
            ck_segment_sums_gradient(2, [0, 1, 3], 1, sums, dx)
        }
        #expect(sums.values == [1, 2, 8, 10] && means.values == [1, 2, 4, 5])
        #expect(dx.values == [1, 2, 4, 5, 4, 5])
    }

    /// Queries 2 and 3, and the keys from 1 on behind key 0: a window of one.
    @Test func scoresBeyondTheWindowAreHidden() {
        let scores = pool.zeros(2, 5)
        scores.matrix.withPointer { ck_hide_beyond_window(2, 1, 1, $0) }
        #expect(scores.values.map { $0 == 0 } == [true, true, true, true, false, true, false, true, true, true])
        let first = pool.zeros(1, 4)
        first.matrix.withPointer { ck_hide_beyond_window(0, 0, 1, $0) }
        #expect(first.values.map { $0 == 0 } == [false, true, true, true])
    }

    @Test func rowsOfABlockBecomeOrthogonal() {
        let (x, lengths) = (
            pool.tensor(5, 3, RandomStream(seed: 1).symmetric(15, 1)),
            pool.tensor(5, 3, RandomStream(seed: 2).symmetric(15, 1))
        )
        withPointers(lengths, x) { ck_orthogonalize(5, 3, $0, $1) }
        func dot(_ a: Tensor, _ i: Int, _ b: Tensor, _ j: Int) -> Float {
            zip(a.rows(i..<i + 1).values, b.rows(j..<j + 1).values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        for i in 0..<5 {
            #expect(abs(dot(x, i, x, i) - dot(lengths, i, lengths, i)) < 1e-6)
            for j in i / 3 * 3..<i { #expect(abs(dot(x, i, x, j)) < 1e-6) }
        }
    }

    /// Row 1's label gets 1 - ε of the gradient's onehot, every class ε / K more.
    @Test func smoothingMovesAShareOfTheGradient() {
        var d: [Float] = [0, 0, 0, 0, 0, 0]
        let added = ck_smooth_labels(2, 3, [0, 2], 1, 0.3, [1, 2, 3, 4, 5, 9], &d)
        #expect(abs(added - 0.3 * (-1 + 3)) < 1e-6)
        for (found, wanted) in zip(d, [0.2, -0.1, -0.1, -0.1, -0.1, 0.2]) {
            #expect(abs(Double(found) - wanted) < 1e-7)
        }
    }
}
