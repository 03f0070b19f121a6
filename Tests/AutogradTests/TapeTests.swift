import Attention
import Autograd
import Tensors
import Testing

struct TapeTests {
    private let pool = StoragePool()
    private let layout = ParameterLayout()
    private let weight: Parameter
    private let bias: Parameter
    private let norm: LayerNorm
    private let parameters: Tensor
    private let gradients: Tensor

    init() {
        weight = layout.scope("linear").weight("weight", 24, 8, deviation: 0.5)
        bias = layout.scope("linear").vector("bias", 24)
        norm = LayerNorm(layout.scope("norm"), width: 8, epsilon: 1e-5, dropout: 0.1)
        parameters = layout.initialBlock(seed: 1, from: pool)
        gradients = pool.zeros(1, layout.blockCount)
    }

    @Test func gradientsOfTwoConsumersAddUp() {
        let tape = trainingTape()
        let x = tape.variable(pool.tensor(1, 2, [1, -2]))
        let dX = tape.backward(from: (x + x.tanh()).weighted(by: [3, 5]), gradientsOf: [x])[0].values
        let y = x.tanh().value.values
        #expect(abs(dX[0] - 3 * (2 - y[0] * y[0])) < 1e-6)
        #expect(abs(dX[1] - 5 * (2 - y[1] * y[1])) < 1e-6)
    }

    @Test func gradientsOfTwoPassesAddUpInTheBlock() {
        pass(trainingTape(), backward: true)
        let once = gradients.values
        pass(trainingTape(), backward: true)
        for (twice, once) in zip(gradients.values, once) { #expect(abs(twice - 2 * once) < 1e-6) }
        #expect(once.contains { abs($0) > 0.01 })
    }

    @Test func backwardAnswersForIntermediateAndUntouchedVariables() {
        let tape = trainingTape()
        let x = tape.variable(pool.tensor(1, 2, [1, 2]))
        let untouched = tape.variable(pool.tensor(3, 2))
        let middle = x.tanh()
        let found = tape.backward(from: middle.weighted(by: [3, 5]), gradientsOf: [middle, untouched, x]).map(\.values)
        #expect(found[0] == [3, 5])
        #expect(found[1] == [0, 0, 0, 0, 0, 0])
        #expect(abs(found[2][0] - 3 * (1 - middle.value.values[0] * middle.value.values[0])) < 1e-6)
    }

    @Test func noGradientFlowsToConstants() {
        let tape = trainingTape()
        let constant = tape.constant(pool.tensor(1, 2, [1, 2]))
        let found = tape.backward(from: constant.tanh().weighted(by: [3, 5]), gradientsOf: [constant])
        #expect(found[0].values == [0, 0])
    }

    @Test func backwardReturnsEverythingToThePool() {
        let before = pool.bytesInUse
        pass(trainingTape(), backward: true)
        #expect(pool.bytesInUse == before)
    }

    @Test func anAbandonedPassReturnsEverythingToThePool() {
        let before = pool.bytesInUse
        pass(trainingTape(), backward: false)
        #expect(pool.bytesInUse == before)
    }

    /// The same layers must cost the memory of one, however many there are.
    @Test func inferenceKeepsNothing() {
        let peak = (1...4).map { depth in
            let pool = StoragePool()
            let tape = Tape(parameters: parameters, mode: .inference, pool: pool)
            var x = tape.constant(pool.zeros(8, 8))
            for _ in 0..<depth { x = norm(x.gelu(), plus: x, BatchLayout(lengths: [8])) }
            #expect(pool.bytesInUse == 8 * 8 * 4, "only the output lives")
            return pool.allocatedBytes
        }
        #expect(peak[1] == peak[3])
    }

    @Test func inferenceDropsNothing() {
        let tape = Tape(parameters: parameters, mode: .inference, pool: pool)
        let x = tape.constant(pool.tensor(2, 2, [1, 2, 3, 4]))
        #expect(x.dropout(0.9, BatchLayout(lengths: [2])).value.values == [1, 2, 3, 4])
    }

    @Test func backwardInInferenceTraps() async {
        await #expect(processExitsWith: .failure) {
            let pool = StoragePool()
            let tape = Tape(parameters: pool.zeros(1, 1), mode: .inference, pool: pool)
            tape.backward(from: tape.constant(pool.zeros(1, 1)))
        }
    }

    private func trainingTape() -> Tape {
        Tape(
            parameters: parameters,
            mode: .training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 2)), pool: pool)
    }

    /// Attention, residual norm and loss on two sequences.
    private func pass(_ tape: Tape, backward: Bool) {
        let batch = BatchLayout(lengths: [3, 5])
        let attention = AttentionChoice.softmax.attention(
            heads: 2, headWidth: 4, dropout: 0.1, ParameterLayout().scope("self"))
        let x = tape.variable(pool.tensor(8, 8, RandomStream(seed: 3).symmetric(64, 1)))
        let attended = norm(x, plus: attention(x.linear(weight, bias), batch).gelu(), batch)
        let loss = attended.gatherRows(batch.firstRows).crossEntropy([3, 1], weight: 0.5).variable
        if backward { tape.backward(from: loss) }
    }
}
