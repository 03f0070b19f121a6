import Autograd
import CKernels
import Cuda
import Foundation
import Tensors
import Testing

/// Rules of updates by a GPU: parameters and moments of some steps are those of the formulas.
extension OnDevice.UpdateTests {
    /// A range of parameters with numbers of its own, as layers, norms and biases have.
    struct Part: Sendable {
        let count: Int
        var decay: Float = 0
        var decays = false
        var rate: Float = 1
        /// Of its numbers at first.
        var scale: Float = 1
    }

    /// By fours, and one by one where a count is odd, in one chunk and in several; one that stays as it is lies between.
    static let parts = [
        Part(count: 9000, decay: 0.3, decays: true), Part(count: 64, decay: 0.5, decays: true, rate: 0.25, scale: 3),
        Part(count: 8191, decay: 0.2, decays: true, rate: 0.5), Part(count: 3, decay: 0, decays: false, rate: 0.75),
        Part(count: 516, decay: 0, decays: false, scale: 2), Part(count: 40, decay: 0.1, decays: true, scale: 0),
    ]

    @Test(arguments: [CudaUpdate.Rule.adamw, .lamb], [Precision.fp32, .bf16])
    func updatesAreThoseOfTheFormulas(_ rule: CudaUpdate.Rule, precision: Precision) throws {
        try follow(rule, precision, Self.parts, clip: 20)
        try follow(rule, precision, Self.parts, clip: 1e6)
    }

    /// More parts of a sum than a block has threads.
    @Test(arguments: [CudaUpdate.Rule.adamw, .lamb]) func allChunksCount(_ rule: CudaUpdate.Rule) throws {
        try follow(
            rule, .fp32, (0..<1100).map { Part(count: 4, decay: 0.3, decays: true, scale: Float($0 % 3)) }, clip: 20)
    }

    /// The same of the chunks of one parameter, here of equal numbers: whatever its direction, LAMB goes as far as it is long.
    @Test func lambTrustsAllOfAParameter() throws {
        let (layout, host) = (ParameterLayout(), StoragePool())
        _ = layout.scope("m").weight("weight", 64 * 280, 64, deviation: 1)
        let machine = CudaMachine(try #require(device), layout, .fp32)
        let block = layout.initialBlock(seed: 5, from: host)
        let count = block.count
        block.copy(from: (0..<count).map { $0 < count / 10 * 9 ? 0.5 : 0 })
        machine.load(block)
        let (moments, gradients) = ([machine.zeros(), machine.zeros()], machine.zeros())
        gradients.copy(from: Array(repeating: 0.25, count: count))
        let update = CudaUpdate(
            machine, .lamb, moments: moments, [UpdatedRange(0..<count, decay: 0, decays: true, rate: 1)])
        let step = ck_adamw_step(
            rate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 0, correction1: 0.1, correction2: 0.1, clip: 0)
        #expect(abs(update(gradients, step) - 0.25 * Double(count).squareRoot()) < 1e-3)
        let moved = 0.5 - machine.parameters.values[0]
        #expect(abs(moved - 0.1 * 0.5 * Float(0.9).squareRoot()) < 1e-5, "\(moved)")
    }

    private func follow(
        _ rule: CudaUpdate.Rule, _ precision: Precision, _ parts: [Part], clip: Float, steps: Int = 3
    ) throws {
        let (layout, host) = (ParameterLayout(), StoragePool())
        let (scope, rows) = (layout.scope("m"), (parts.reduce(0) { $0 + $1.count } / 64 + 15) / 8 * 8)
        let (weight, bias) = (scope.weight("weight", rows, 64, deviation: 1), scope.vector("bias", rows, .normal(1)))
        let machine = CudaMachine(try #require(device), layout, precision)
        let block = layout.initialBlock(seed: 5, from: host)
        var (w, first, ranges) = (block.values, 0, [Range<Int>]())
        for (index, part) in parts.enumerated() {
            let range = first..<first + part.count
            for i in range { w[i] *= part.scale }
            ranges.append(range)
            first = range.upperBound + (index == 1 ? 8 : 0)
        }
        block.copy(from: w)
        machine.load(block)
        expectRead(w, weight, bias, machine)
        let moments = [machine.zeros(), machine.zeros()]
        let update = CudaUpdate(
            machine, rule, moments: moments,
            zip(parts, ranges).map { UpdatedRange($1, decay: $0.decay, decays: $0.decays, rate: $0.rate) })
        var (m, v) = (w.map { _ in Float(0) }, w.map { _ in Float(0) })
        let (gradients, stream) = (machine.zeros(), RandomStream(seed: 8))
        for number in 1...steps {
            let step = ck_adamw_step(
                rate: 0.05, beta1: 0.8, beta2: 0.9, epsilon: 0.03, correction1: 1 - powf(0.8, Float(number)),
                correction2: 1 - powf(0.9, Float(number)), clip: clip)
            let g = w.indices.map { Float(stream.uniform(UInt32($0 + w.count * number)) - 0.5) }
            gradients.copy(from: g)
            let length = self.length(ranges.flatMap { g[$0] })
            #expect(abs(update(gradients, step) - length) < 1e-9 * length)
            let share = Float(min(1, Double(clip) / (length + 1e-6)))
            for (part, range) in zip(parts, ranges) {
                var directions: [Float] = []
                for i in range {
                    let gradient = share * g[i]
                    m[i] = step.beta1 * m[i] + (1 - step.beta1) * gradient
                    v[i] = step.beta2 * v[i] + (1 - step.beta2) * gradient * gradient
                    let (mean, square) = (m[i] / step.correction1, v[i] / step.correction2)
                    directions.append(mean / (square.squareRoot() + step.epsilon) + part.decay * w[i])
                }
                let lengths = (self.length(Array(w[range])), self.length(directions))
                let trusts = rule == .lamb && part.decays && lengths.0 > 0 && lengths.1 > 0
                let rate = step.rate * part.rate * (trusts ? Float(lengths.0 / lengths.1) : 1)
                for (i, direction) in zip(range, directions) { w[i] -= rate * direction }
            }
            expectNear(machine.parameters.values, w, "parameters")
            expectNear(moments[0].values, m, "means")
            expectNear(moments[1].values, v, "squares")
            expectRead(w, weight, bias, machine)
            let left = gradients.values
            #expect(ranges.allSatisfy { left[$0].allSatisfy { $0 == 0 } })
        }
    }

    /// Products read these numbers, in bf16 from a copy that updates keep: those of the rows of a unit matrix.
    private func expectRead(_ w: [Float], _ weight: Parameter, _ bias: Parameter, _ machine: CudaMachine) {
        machine.begin()
        let (x, y) = (machine.activation(64, 64), machine.activation(64, weight.rows))
        machine.clear(x)
        machine.write((0..<64 * 64).map { $0 / 64 == $0 % 64 ? 1 : 0 }, to: x)
        machine.linear(x, weight, bias, into: y)
        let share: Float = machine.precision == .bf16 ? 0.02 : 2e-5
        let wrong = self.wrong(y, share) { row, column in w[weight.offset + 64 * column + row] + w[bias.offset + column]
        }
        #expect(wrong == 0)
    }

    private func length(_ numbers: [Float]) -> Double {
        numbers.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    private func wrong(_ y: Tensor, _ share: Float, _ expected: (Int, Int) -> Float) -> Int {
        y.values.enumerated().filter { index, value in
            let wanted = expected(index / y.columns, index % y.columns)
            return !(abs(value - wanted) <= share * max(2, abs(wanted)))
        }.count
    }

    private func expectNear(_ found: [Float], _ expected: [Float], _ what: String) {
        #expect(found.count == expected.count, "\(what)")
        let wrong = zip(found, expected).enumerated().filter { !(abs($1.0 - $1.1) <= 2e-5 * max(0.1, abs($1.1))) }
        #expect(wrong.isEmpty, "\(what): \(wrong.count), first at \(wrong.first.map { "\($0)" } ?? "")")
    }
}
