import Attention
import Autograd
import Bert
import Corpora
import Tensors
import Testing
import Training

/// A step allocates nothing once its shapes have been seen, and keeps nothing.
struct StepMemoryTests {
    private let pool = StoragePool()
    private let layout = ParameterLayout()

    @Test(arguments: EncoderOptions.all)
    func laterStepsAllocateNothing(options: EncoderOptions) {
        let model = TinyObjective(options, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        let gradients = pool.zeros(1, layout.blockCount)
        let held = pool.bytesInUse
        var blocks: [Int] = []
        for number in 1...4 {
            step(model, parameters, gradients, number: UInt64(number), backward: true)
            blocks.append(pool.allocatedBlocks)
            #expect(pool.bytesInUse == held, "step \(number) keeps memory")
        }
        #expect(blocks[0] > 10)
        #expect(blocks[1...] == [blocks[0], blocks[0], blocks[0]])
    }

    @Test(arguments: EncoderOptions.all)
    func anAbandonedStepLeaksNothing(options: EncoderOptions) {
        let model = TinyObjective(options, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        let gradients = pool.zeros(1, layout.blockCount)
        let held = pool.bytesInUse
        step(model, parameters, gradients, number: 1, backward: false)
        #expect(pool.bytesInUse == held)
    }

    /// Inference of many blocks needs no more memory than of a few.
    @Test(arguments: EncoderOptions.all)
    func inferenceIsIndependentOfDepth(options: EncoderOptions) {
        let allocated = [2, 8].map { layers in
            let (layout, pool) = (ParameterLayout(), StoragePool())
            var deep = options
            deep.layers = layers
            let encoder = Encoder(deep, layout)
            let parameters = layout.initialBlock(seed: 1, from: StoragePool())
            let tape = Tape(parameters: parameters, mode: .inference, pool: pool)
            _ = encoder(Batch<PretrainingExample>(TinySequence.all).tokens, tape)
            #expect(pool.bytesInUse == 0)
            return pool.allocatedBytes
        }
        #expect(allocated[0] == allocated[1])
    }

    private func step(
        _ model: TinyObjective, _ parameters: Tensor, _ gradients: Tensor, number: UInt64, backward: Bool
    ) {
        let random = RandomStream(seed: 3).stream(number)
        let tape = Tape(
            parameters: parameters, mode: .training(gradients: ParameterGradients(gradients), random: random),
            pool: pool)
        let loss = model.pass(TinySequence.all, of: TinySequence.all, tape).loss
        if backward { tape.backward(from: loss) }
    }
}
