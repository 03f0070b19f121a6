import Autograd
import Cuda
import Tensors
import Testing

/// Losses as large as they come: wide tables in parts, rows beyond what a block holds, logits that no exponential has.
extension OnDevice.LossTests {
    /// A table so wide that few of its logits are there at once: two parts of the rows, and most of a row beyond registers.
    @Test func logitsOfAWideTableAreMadeInParts() throws {
        let (layout, words, rows) = (ParameterLayout(), 262_208, 130)
        let scope = layout.scope("m")
        let table = scope.tied(scope.weight("words", words, 8, deviation: 0.3))
        let bias = scope.vector("bias", words, .normal(0.3))
        let labels = (0..<rows).map { Int32($0 * 1733 % words) }
        let uniforms = (0..<rows).map { (Float($0) + 0.5) / Float(rows) }
        func run(_ tape: Tape, _ x: Variable) -> (Loss, [Int32]) {
            x.tiedCrossEntropy(table, bias, labels, weight: 0.25, sampling: uniforms)
        }
        let (expected, found) = try outcomes(of: layout, rows: rows, columns: 8, largest: 1, run)
        expectSame(found, expected, 2e-4)
        // Sums in another order are passed by a number a few classes earlier or later.
        #expect(found.samples.count == rows && expected.samples.count == rows)
        #expect(zip(found.samples, expected.samples).allSatisfy { abs($0 - $1) <= 100 })
    }

    /// Exponentials of these are infinite, and differences of them round the loss away.
    @Test func largeLogits() throws {
        let layout = ParameterLayout()
        _ = layout.scope("m").weight("weight", 64, 64, deviation: 1)
        for largest: Float in [30, 2000, 1e20] {
            let (expected, found) = try outcomes(of: layout, rows: 40, columns: 64, largest: largest) { _, x in
                (x.crossEntropy((0..<40).map { Int32($0 * 7 % 64) }, weight: 0.5, smoothing: 0.1), [])
            }
            expectSame(found, expected)
            let (two, one) = try outcomes(of: layout, rows: 40, columns: 64, largest: largest) { _, x in
                (x.binaryCrossEntropy((0..<40).map { [$0 * 7 % 64] }, weight: 0.5, smoothing: 0.1), [])
            }
            expectSame(one, two)
        }
    }

    /// Of equal logits the first counts as the largest.
    @Test func equalLogits() throws {
        let layout = ParameterLayout()
        _ = layout.scope("m").weight("weight", 64, 64, deviation: 1)
        let (expected, found) = try outcomes(of: layout, rows: 40, columns: 64, largest: 0) { _, x in
            (x.crossEntropy((0..<40).map { Int32($0 % 4) }, weight: 0.5), [])
        }
        expectSame(found, expected)
        #expect(found.correct == 10)
    }

    private struct Outcome {
        let sum: Double
        let correct: Int
        let samples: [Int32]
        let gradient, parameters: [Float]
    }

    private func outcomes(
        of layout: ParameterLayout, rows: Int, columns: Int, largest: Float, _ body: (Tape, Variable) -> (Loss, [Int32])
    ) throws -> (expected: Outcome, found: Outcome) {
        let (host, machine) = (StoragePool(), CudaMachine(try #require(device), layout, .fp32))
        let (block, values) = (layout.initialBlock(seed: 5, from: host), RandomStream(seed: 9))
        let numbers = (0..<UInt32(rows * columns)).map { largest * Float(values.uniform($0) * 2 - 1) }
        func run(_ parameters: Tensor, _ sums: Tensor, _ pool: StoragePool, _ machine: CudaMachine?) -> Outcome {
            let tape = Tape(
                parameters: parameters,
                mode: .training(gradients: ParameterGradients(sums), random: RandomStream(seed: 3)), pool: pool,
                machine: machine)
            let input = machine?.activation(rows, columns) ?? pool.tensor(rows, columns)
            machine?.clear(input)
            input.copy(from: numbers)
            let x = tape.variable(input)
            let (loss, samples) = body(tape, x)
            let gradient = tape.backward(from: loss.variable, gradientsOf: [x])[0]
            return Outcome(
                sum: loss.sum, correct: loss.correct, samples: samples, gradient: gradient.values,
                parameters: sums.values)
        }
        let expected = run(block, host.zeros(1, block.count), host, nil)
        machine.load(block)
        machine.begin()
        return (expected, run(machine.parameters, machine.zeros(), machine.pool, machine))
    }

    private func expectSame(
        _ found: Outcome, _ expected: Outcome, _ tolerance: Float = 2e-5, _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(abs(found.sum - expected.sum) <= 1e-5 * max(1, abs(expected.sum)), sourceLocation: location)
        #expect(found.correct == expected.correct, sourceLocation: location)
        for (found, expected) in [(found.gradient, expected.gradient), (found.parameters, expected.parameters)] {
            var (largest, worst) = (Float(1e-3), Float(0))
            for index in expected.indices {
                largest = max(largest, abs(expected[index]))
                let difference = abs(found[index] - expected[index])
                worst = difference <= worst ? worst : difference
            }
            #expect(worst <= tolerance * largest, "of \(largest)", sourceLocation: location)
        }
    }
}
