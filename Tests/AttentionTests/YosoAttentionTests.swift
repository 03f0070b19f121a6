import Autograd
import Foundation
import Tensors
import Testing

@testable import Attention

@Suite struct YosoAttentionTests {
    private let pool = StoragePool()

    /// The output for projections of `lengths`, and the gradient of Σ R ∘ Y in training.
    private func pass(
        _ choice: AttentionChoice, _ layout: BatchLayout, _ projections: Tensor, heads: Int = 2, training: Bool = true,
        seed: UInt64 = 1
    ) -> (output: [Float], gradient: [Float]) {
        let parameters = ParameterLayout()
        let attention = choice.attention(
            heads: heads, headWidth: projections.columns / 3 / heads, dropout: 0, parameters.scope("self"))
        let block = parameters.initialBlock(seed: 1, from: pool)
        let mode: Tape.Mode =
            training
            ? .training(
                gradients: ParameterGradients(pool.zeros(1, parameters.blockCount)), random: RandomStream(seed: seed))
            : .inference
        let tape = Tape(parameters: block, mode: mode, pool: pool)
        let input = tape.variable(projections)
        let output = attention(input, layout)
        guard training else { return (output.value.values, []) }
        // A linear layer of fixed numbers makes a scalar of it.
        let loss = output.squaredErrorOfSums()
        return (output.value.values, tape.backward(from: loss, gradientsOf: [input])[0].values)
    }

    /// Sums of features that are no normal numbers have no finite inverse.
    @Test(arguments: [AttentionChoice.init(FlowOptions()), .init(LinearOptions())], [Float(-30), -60, -100])
    func sumsThatUnderflowStayFinite(choice: AttentionChoice, level: Float) {
        let layout = BatchLayout(lengths: [9, 1])
        let projections = drawn(10, 48, "projections", pool)
        projections.matrix.columns(0, 32).fill(level)
        let (output, gradient) = pass(choice, layout, projections)
        #expect(output.allSatisfy(\.isFinite) && gradient.allSatisfy(\.isFinite))
    }

    private static let choices: [AttentionChoice] = [
        .yoso(YosoOptions(hashes: 8, bits: 4)), conditional(bits: 3), conditional(pairs: 16), conditional(pairs: 40),
        .yoso(YosoOptions(hashes: 8, bits: 4, normalization: .mass)),
        .yoso(YosoOptions(hashes: 5, bits: nil, hash: .gaussian)),
        .convolved(width: 5, beside: .yoso(YosoOptions(hashes: 8, bits: 4, gradient: .exact))),
    ]

    /// The conditional estimator by mass, of so many bits, or within a budget.
    private static func conditional(bits: Int? = nil, pairs: Int? = nil) -> AttentionChoice {
        .yoso(
            YosoOptions(
                hashes: 4, bits: bits, gradient: .exact, estimator: .conditional, kernelBits: 16, normalization: .mass,
                pairs: pairs))
    }

    /// 1 / x of the smallest numbers is infinite.
    @Test(arguments: [0, .leastNonzeroMagnitude, .leastNormalMagnitude / 2] as [Float])
    func aMassWithoutAnInverseGivesZeros(mass: Float) {
        let pool = StoragePool()
        let (sums, masses) = (pool.tensor(1, 2, [0, mass]), pool.tensor(1, 1, [mass]))
        YosoNormalization.mass.normalize(sums.matrix, masses)
        #expect(sums.values == [0, 0])
        let (dSums, delta) = (pool.tensor(1, 2, [.nan, .nan]), pool.tensor(1, 1, [.nan]))
        YosoNormalization.mass.writeGradient(
            sums.matrix, masses, pool.tensor(1, 2, [1, 2]).matrix, into: dSums.matrix, delta)
        #expect(dSums.values == [0, 0] && delta.values == [0])
    }

    @Test(arguments: choices) func packedEqualsAlone(choice: AttentionChoice) {
        let lengths = [1, 7, 2, 33, 3]
        let width = 3 * 16
        let layout = BatchLayout(lengths: lengths)
        let projections = drawn(layout.tokens, width, "projections", pool)
        for training in [true, false] {
            let packed = pass(choice, layout, projections, training: training)
            for index in 0..<layout.count {
                let rows = layout.rows(index)
                let alone = BatchLayout(lengths: [rows.count], keys: [layout.keys[index]])
                let part = projections.view(at: rows.lowerBound * width, rows: rows.count, columns: width)
                let result = pass(choice, alone, part, training: training)
                let range = rows.lowerBound * 16..<rows.upperBound * 16
                #expect(distance(result.output, Array(packed.output[range])) < 1e-6)
                guard training else { continue }
                let wide = rows.lowerBound * width..<rows.upperBound * width
                #expect(distance(result.gradient, Array(packed.gradient[wide])) < 1e-5)
            }
        }
    }

    @Test(arguments: choices) func hashesAreRedrawnInTrainingAndFixedOutsideOfIt(choice: AttentionChoice) {
        let layout = BatchLayout(lengths: [50])
        let projections = drawn(50, 48, "projections", pool)
        let first = pass(choice, layout, projections).output
        #expect(pass(choice, layout, projections).output == first)
        #expect(pass(choice, layout, projections, seed: 2).output != first)
        let evaluated = pass(choice, layout, projections, training: false).output
        #expect(pass(choice, layout, projections, training: false).output == evaluated)
    }

    @Test func evaluationMayBeTheExpectation() {
        let layout = BatchLayout(lengths: [20, 9])
        let projections = drawn(29, 48, "projections", pool)
        let sampled = AttentionChoice.yoso(YosoOptions(bits: 6, evaluation: .expectation))
        let expectation = AttentionChoice.yosoExpectation(YosoExpectationOptions(bits: 6))
        #expect(
            pass(sampled, layout, projections, training: false).output
                == pass(expectation, layout, projections, training: false).output)
    }

    /// Through the norms of queries, keys and outputs, head by head: by many hashes all three gradients are those of YOSO-E, the
    /// nearer the more.
    @Test(arguments: CollisionGradient.allCases) func theGradientIsThatOfTheExpectation(gradient: CollisionGradient) {
        let layout = BatchLayout(lengths: [40, 24])
        let projections = nearbyQueriesAndKeys(64, heads: 2, headWidth: 16)
        let expectation = pass(
            .yosoExpectation(YosoExpectationOptions(bits: 4, gradient: gradient)), layout, projections)
        for part in 0..<3 {
            let errors = [128, 2048].map { hashes in
                let options = YosoOptions(hashes: hashes, bits: 4, hash: .gaussian, gradient: gradient)
                let sampled = pass(.yoso(options), layout, projections).gradient
                return distance(columns(sampled, part), columns(expectation.gradient, part))
                    / distance(columns(expectation.gradient, part), columns(expectation.gradient.map { _ in 0 }, part))
            }
            #expect(errors[1] < 0.1 && errors[0] / errors[1] > 2.5, "\(part): \(errors)")
        }
    }

    /// The queries, keys or values of rows of 3 · 32.
    private func columns(_ values: [Float], _ part: Int) -> [Float] {
        stride(from: 32 * part, to: values.count, by: 96).flatMap { values[$0..<$0 + 32] }
    }

    /// Of any length, and queries near their keys, or the few collisions of random ones say little.
    private func nearbyQueriesAndKeys(_ rows: Int, heads: Int, headWidth: Int) -> Tensor {
        let width = heads * headWidth
        let projections = drawn(rows, 3 * width, "projections", pool)
        for row in 0..<rows {
            for column in 0..<width {
                let q = row * 3 * width + column
                projections[q + width] = projections[q] + 0.2 * projections[q + width]
            }
        }
        return projections
    }

    /// Its error to the expectation falls as one over the root of the number of hashes.
    @Test func theErrorFallsWithTheRootOfTheHashes() {
        let layout = BatchLayout(lengths: [64])
        let projections = nearbyQueriesAndKeys(64, heads: 1, headWidth: 32)
        let expectation = pass(.yosoExpectation(YosoExpectationOptions(bits: 4)), layout, projections, heads: 1).output
        let errors = [8, 32, 128, 256].map { hashes in
            (1...12).reduce(0.0) { sum, seed in
                let options = YosoOptions(hashes: hashes, bits: 4, hash: .gaussian)
                return sum
                    + distance(
                        pass(.yoso(options), layout, projections, heads: 1, seed: UInt64(seed)).output, expectation)
            } / 12
        }
        for (index, ratio) in [2, 2, 2.0.squareRoot()].enumerated() {
            let measured = errors[index] / errors[index + 1]
            #expect(abs(measured / ratio - 1) < 0.2, "\(errors)")
        }
    }

    /// So many hashes of one bit select every pair, with probability 1: YOSO-E by mass, with its gradients.
    @Test(arguments: CollisionGradient.allCases) func manyHashesAreTheExpectation(gradient: CollisionGradient) {
        let layout = BatchLayout(lengths: [40, 24])
        let projections = nearbyQueriesAndKeys(64, heads: 2, headWidth: 16)
        let expectation = pass(Self.massExpectation(gradient), layout, projections)
        let sampled = pass(
            .yoso(
                YosoOptions(
                    hashes: 1024, bits: 1, gradient: gradient, estimator: .conditional, kernelBits: 16,
                    normalization: .mass)), layout, projections)
        #expect(distance(sampled.output, expectation.output) < 1e-5)
        #expect(distance(sampled.gradient, expectation.gradient) < 1e-4)
    }

    /// A sequence within the budget is YOSO-E by mass, bit by bit.
    @Test func shortSequencesMeetAllPairs() {
        let layout = BatchLayout(lengths: [1, 20, 9, 16])
        let projections = drawn(46, 48, "projections", pool)
        for training in [true, false] {
            let sampled = pass(Self.conditional(pairs: 20), layout, projections, training: training)
            let expectation = pass(Self.massExpectation(.exact), layout, projections, training: training)
            #expect(sampled.output == expectation.output)
            #expect(sampled.gradient == expectation.gradient)
        }
    }

    private static func massExpectation(_ gradient: CollisionGradient) -> AttentionChoice {
        .yosoExpectation(YosoExpectationOptions(bits: 16, gradient: gradient, normalization: .mass))
    }

    /// A mean of equal values is that value, whatever the weights are: queries and keys get no gradient.
    @Test(arguments: [massExpectation(.exact), conditional(bits: 2), conditional(pairs: 16)])
    func constantValuesGiveThemselves(choice: AttentionChoice) {
        let layout = BatchLayout(lengths: [30, 5])
        let projections = nearbyQueriesAndKeys(35, heads: 2, headWidth: 16)
        for row in 0..<35 {
            for column in 0..<32 { projections[row * 96 + 64 + column] = Float(column) / 8 - 1 }
        }
        let result = pass(choice, layout, projections)
        // A query that meets nobody gives zeros.
        let rows = (0..<70).map { Array(result.output[$0 * 16..<($0 + 1) * 16]) }
        let values = [0, 16].map { first in (first..<first + 16).map { Float($0) / 8 - 1 } }
        for (index, row) in rows.enumerated() where row.contains(where: { $0 != 0 }) {
            #expect(distance(row, values[index % 2]) < 1e-6)
        }
        let size = distance(columns(result.gradient, 2), [Float](repeating: 0, count: 35 * 32))
        #expect(size > 1e-2)
        for part in 0..<2 { #expect(columns(result.gradient, part).allSatisfy { abs($0) < 1e-4 * Float(size) }) }
    }

    @Test(arguments: [
        .yoso(YosoOptions(hashes: 4, bits: 8)), conditional(bits: 8),
        .yoso(YosoOptions(hashes: 4, bits: 8, normalization: .mass)),
    ])
    func withoutCollisionsOutputAndGradientAreZero(choice: AttentionChoice) {
        // Keys are the opposite of queries, which no hash confuses.
        let projections = pool.zeros(2, 48)
        for row in 0..<2 {
            for column in 0..<16 {
                let x: Float = column % 2 == 0 ? 1 : 0.5
                projections[row * 48 + column] = x
                projections[row * 48 + 16 + column] = -x
                projections[row * 48 + 32 + column] = 1
            }
        }
        let result = pass(choice, BatchLayout(lengths: [2]), projections, heads: 1)
        #expect(result.output.allSatisfy { $0 == 0 })
        #expect(result.gradient.allSatisfy { $0 == 0 })
    }

    @Test func bitsMayFollowTheLength() {
        let options = YosoOptions(bits: nil)
        #expect([1, 2, 3, 8, 511, 512, 4097, 1 << 20].map(options.bits) == [1, 1, 1, 3, 8, 9, 12, 16])
    }
}

extension Variable {
    /// ½ Σ over rows of (R · row - 1)², for fixed numbers R, as a scalar.
    fileprivate func squaredErrorOfSums() -> Variable {
        let (weights, values) = (drawn(1, columns, "weights", tape.pool).values, value.values)
        let sums = (0..<rows).map { row in
            (0..<columns).reduce(Float(0)) { $0 + weights[$1] * values[row * columns + $1] }
        }
        let loss = sums.reduce(0) { $0 + ($1 - 1) * ($1 - 1) / 2 }
        return tape.record(
            tape.pool.tensor(1, 1, [loss]), SquaredErrorOfSums(x: self, weights: weights, sums: sums))
    }
}

private struct SquaredErrorOfSums: TapedOperation {
    let x: Variable
    let weights: [Float]
    let sums: [Float]

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let values = sums.flatMap { sum in weights.map { dOutput.scalar * (sum - 1) * $0 } }
        gradients.add(gradients.pool.tensor(x.rows, x.columns, values), to: x)
    }
}
