import Attention
import Autograd
import Bert
import CKernels
import Corpora
import Tensors
import Testing
import Training

/// Loss and gradients of a step do not depend on how it is cut into micro-batches, dropout included.
struct LossInvarianceTests {
    private struct Step {
        var loss = 0.0
        var gradients: [Float] = []
    }

    private let pool = StoragePool()

    @Test(arguments: EncoderOptions.all, [1, 2, 4])
    func pretrainingStep(options: EncoderOptions, size: Int) {
        let layout = ParameterLayout()
        let model = TinyObjective(options, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        expectSame(
            pretrain(model, parameters, microBatches: TinySequence.all.chunks(of: size)),
            pretrain(model, parameters, microBatches: [TinySequence.all]), layout, options)
    }

    @Test(arguments: EncoderOptions.all)
    func orderOfTheSequences(options: EncoderOptions) {
        let layout = ParameterLayout()
        let model = TinyObjective(options, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        expectSame(
            pretrain(model, parameters, microBatches: [TinySequence.all.reversed()]),
            pretrain(model, parameters, microBatches: [TinySequence.all]), layout, options)
    }

    /// If dropout did nothing, the tests above would prove less than they say.
    @Test(arguments: EncoderOptions.all)
    func dropoutIsOn(options: EncoderOptions) {
        let losses = [Float(0), 0.1].map { dropout in
            let layout = ParameterLayout()
            var changed = options
            (changed.dropout, changed.attentionDropout) = (dropout, dropout)
            let model = TinyObjective(changed, layout)
            let parameters = layout.initialBlock(seed: 1, from: pool)
            return pretrain(model, parameters, microBatches: [TinySequence.all]).loss
        }
        #expect(abs(losses[0] - losses[1]) > 1e-3)
    }

    @Test(arguments: EncoderOptions.all, [1, 2, 4])
    func classificationStep(options: EncoderOptions, size: Int) {
        let layout = ParameterLayout()
        let model = ClassificationModel(options, outputs: 3, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        expectSame(
            classify(model, parameters, microBatches: TinySequence.all.chunks(of: size)),
            classify(model, parameters, microBatches: [TinySequence.all]), layout, options)
    }

    /// Nor on whether those below a frozen block are computed: the rest have the same bits.
    @Test(arguments: EncoderOptions.all, [1, 2])
    func frozenBlocksAreComputedForwardAlone(options: EncoderOptions, frozen: Int) {
        let layout = ParameterLayout()
        let parameters = ClassificationModel.parameters(options, layout, from: pool)
        let (whole, part) = (pool.zeros(1, parameters.count), pool.zeros(1, parameters.count))
        let memory = [(0, whole), (frozen, part)].map { frozen, gradients in
            let model = ClassificationModel(options, outputs: 3, frozen: frozen, ParameterLayout())
            let pool = StoragePool()
            let mode = Tape.Mode.training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 3))
            let tape = Tape(parameters: parameters, mode: mode, pool: pool)
            let logits = model.logits(Batch<PretrainingExample>(TinySequence.all).tokens, tape)
            let loss = logits.crossEntropy(TinySequence.all.map { Int32($0.key % 3) }, weight: 0.25)
            let kept = pool.allocatedBytes
            tape.backward(from: loss.variable)
            return kept
        }
        #expect(memory[1] < memory[0])
        for parameter in layout.parameters {
            let (mine, theirs) = (part.values[parameter.range], whole.values[parameter.range])
            let parts = [".embeddings."] + (0..<frozen).map { ".layer.\($0)." }
            let isFrozen = parts.contains { parameter.name.contains($0) }
            #expect(isFrozen ? mine.allSatisfy { $0 == 0 } : mine == theirs, "\(parameter.name)")
        }
    }

    @Test(arguments: EncoderOptions.all, [1, 2, 4])
    func wordStep(options: EncoderOptions, size: Int) {
        let layout = ParameterLayout()
        let model = ClassificationModel(options, outputs: 3, ofWords: true, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        func tag(_ microBatches: [[TinySequence]]) -> Step {
            step(parameters, microBatches) { sequences, tape in
                let batch = Batch<PretrainingExample>(sequences)
                let words = batch.everyOther
                let labels = words.map { batch.tokens.ids[Int($0)] % 3 }
                let loss = model.logits(batch.tokens, words: words, tape).crossEntropy(labels, weight: 0.1)
                return (loss.sum * 0.1, loss.variable)
            }
        }
        expectSame(tag(TinySequence.all.chunks(of: size)), tag([TinySequence.all]), layout, options)
    }

    private func pretrain(
        _ model: TinyObjective, _ parameters: Tensor, microBatches: [[TinySequence]]
    ) -> Step {
        let whole = model.count(TinySequence.all.map(\.example))
        return step(parameters, microBatches) { sequences, tape in
            let (loss, counts) = model.pass(sequences, of: TinySequence.all, tape)
            let (words, order) = (counts.first.loss, counts.second.loss)
            return (words * Double(whole.first.weight) + order * Double(whole.second.weight), loss)
        }
    }

    private func classify(
        _ model: ClassificationModel, _ parameters: Tensor, microBatches: [[TinySequence]]
    ) -> Step {
        let weight = 1 / Float(TinySequence.all.count)
        return step(parameters, microBatches) { sequences, tape in
            let labels = sequences.map { Int32($0.key % 3) }
            let logits = model.logits(Batch<PretrainingExample>(sequences).tokens, tape)
            let loss = logits.crossEntropy(labels, weight: weight)
            return (loss.sum * Double(weight), loss.variable)
        }
    }

    private func step(
        _ parameters: Tensor, _ microBatches: [[TinySequence]],
        _ loss: ([TinySequence], Tape) -> (value: Double, total: Variable)
    ) -> Step {
        let gradients = pool.zeros(1, parameters.count)
        var step = Step()
        for sequences in microBatches {
            let mode = Tape.Mode.training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 3))
            let tape = Tape(parameters: parameters, mode: mode, pool: pool)
            let loss = loss(sequences, tape)
            step.loss += loss.value
            tape.backward(from: loss.total)
        }
        step.gradients = gradients.values
        return step
    }

    private func expectSame(_ step: Step, _ other: Step, _ layout: ParameterLayout, _ options: EncoderOptions) {
        var bound = 1e-6
        // Rounding of small products, whose order of sums depends on their rows, is 1.13e-6 there.
        if options.attention.kind is SoftmaxOptions, String(cString: ck_level()) == "AVX2" { bound = 1.5e-6 }
        // The steps of its pseudo-inverse make more of rounding.
        if options.attention.kind is NystromOptions { bound = 1e-5 }
        #expect(abs(step.loss - other.loss) < 1e-6 * other.loss)
        let total = norm(other.gradients[...])
        #expect(total > 0.1)
        #expect(norm(difference(step.gradients[...], other.gradients[...])) < bound * total)
        for parameter in layout.parameters {
            let (mine, theirs) = (step.gradients[parameter.range], other.gradients[parameter.range])
            // The key biases' gradients are zero but for rounding.
            #expect(
                norm(difference(mine, theirs)) < 10 * bound * norm(theirs) + 0.1 * bound * total, "\(parameter.name)")
        }
    }

    private func difference(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> ArraySlice<Float> {
        zip(a, b).map { $0 - $1 }[...]
    }

    private func norm(_ values: ArraySlice<Float>) -> Double {
        values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
}

extension ClassificationModel {
    fileprivate static func parameters(
        _ options: EncoderOptions, _ layout: ParameterLayout, from pool: StoragePool
    ) -> Tensor {
        _ = ClassificationModel(options, outputs: 3, layout)
        return layout.initialBlock(seed: 1, from: pool)
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
