import CKernels
import Foundation
import Testing

/// E(x) = (1 - arccos(x) / π)^τ and its two derivatives.
struct YosoKernelTests {
    private static let dots = (0...396).map { Float(-0.99 + 0.005 * Double($0)) }

    /// E of cosines, in place.
    private func weigh(_ x: inout [Float], bits: Int32) {
        var mass: [Float] = [0]
        ck_pair_weights(1, Int64(x.count), law(bits: bits), nil, &x, &mass)
        #expect(abs(mass[0] - x.reduce(0, +)) <= 1e-5 * mass[0])
    }

    /// E of cosines, in place, and the gradient of these.
    private func slope(_ x: inout [Float], _ d: inout [Float], bits: Int32, exact: Bool) {
        ck_pair_gradients(1, Int64(x.count), law(bits: bits, exact: exact), nil, [0], &x, &d)
    }

    private func law(bits: Int32, exact: Bool = false) -> ck_pair_law {
        ck_pair_law(kernel_bits: bits, exact: exact ? 1 : 0, hashes: 0, hash_bits: 0, drawn: 1)
    }

    /// (1 - acos(x) / π)^bits (Zeng et al. 2021, section 3.1); at 1 the clamp leaves 0.4%.
    @Test(arguments: [
        (1, 1, 5e-3), (0.95, 0.38325, 1e-5), (0.8, 0.12709, 1e-5), (0.5, 0.02601, 1e-5), (0, 0.001953, 1e-6),
    ])
    func valuesOfNineBits(dot: Double, expectation: Double, tolerance: Double) {
        var x = [Float(dot)]
        weigh(&x, bits: 9)
        #expect(abs(Double(x[0]) - expectation) < tolerance)
    }

    @Test(arguments: [1, 2, 3, 5, 9, 12, 16, 24, 31, 64])
    func everyNumberOfBits(bits: Int32) {
        var values = Self.dots
        weigh(&values, bits: bits)
        for (value, dot) in zip(values, Self.dots) {
            let exact = pow(1 - acos(Double(dot)) / Double.pi, Double(bits))
            // Below, float32 has no such numbers.
            let tolerance = max(8e-6 * Double(max(5, bits)) * exact, 1e-35)
            #expect(abs(Double(value) - exact) < tolerance, "\(bits) bits at \(dot)")
        }
    }

    @Test(arguments: [Int32(1), 9, 16])
    func theExactDerivative(bits: Int32) {
        let (values, slopes) = gradient(bits: bits, exact: true)
        for (index, x) in Self.dots.map(Double.init).enumerated() {
            let closeness = 1 - acos(x) / Double.pi
            let slope = Double(bits) * pow(closeness, Double(bits - 1)) / (Double.pi * (1 - x * x).squareRoot())
            #expect(abs(Double(slopes[index]) / slope - 1) < 5e-5)
            #expect(abs(Double(values[index]) / pow(closeness, Double(bits)) - 1) < 2e-5)
        }
    }

    /// The bound is (π - θ) sin(θ) / 2 of the derivative, at most 0.9099 (at θ = 1.1126).
    @Test(arguments: [Int32(1), 9, 16])
    func theLowerBoundIsBelowTheDerivativeAndOfItsSign(bits: Int32) {
        let exact = gradient(bits: bits, exact: true)
        let bound = gradient(bits: bits, exact: false)
        for (exact, bound) in zip(exact.values, bound.values) { #expect(abs(bound / exact - 1) < 1e-6) }
        var largest: Float = 0
        for (exact, bound) in zip(exact.slopes, bound.slopes) {
            #expect(bound > 0 && exact > 0)
            #expect(bound <= 0.91 * exact)
            largest = max(largest, bound / exact)
        }
        #expect(largest > 0.9095, "the bound is attained nearly")
    }

    @Test(arguments: [false, true])
    func theGradientThatFlowsInIsAFactor(exact: Bool) {
        var x: [Float] = [0.3, 0.3], d: [Float] = [1, -2]
        slope(&x, &d, bits: 9, exact: exact)
        #expect(d[1] == -2 * d[0])
    }

    /// Rounding makes dots of equal unit vectors exceed 1.
    @Test(arguments: [Float(1), 1.000_000_1, 1.01, -1, -1.000_000_1, -1.01])
    func dotsBeyondOneAreClamped(dot: Float) {
        for exact in [false, true] {
            var x = [dot], d: [Float] = [1]
            slope(&x, &d, bits: 9, exact: exact)
            #expect(d[0].isFinite && d[0] >= 0)
            #expect(dot > 0 ? abs(x[0] - 1) < 5e-3 : x[0] >= 0 && x[0] < 1e-20)
        }
    }

    private func gradient(bits: Int32, exact: Bool) -> (values: [Float], slopes: [Float]) {
        var (x, d) = (Self.dots, Array(repeating: Float(1), count: Self.dots.count))
        slope(&x, &d, bits: bits, exact: exact)
        return (x, d)
    }
}
