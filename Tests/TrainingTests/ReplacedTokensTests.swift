import Autograd
import Bert
import Corpora
import Tensors
import Testing

@testable import Training

@Suite struct ReplacedTokensTests {
    private let options = PretrainingOptions(
        objective: ReplacedTokens.name, generator: GeneratorOptions(width: 0.5), batch: .sequences(12),
        microBatchTokens: 64, budget: .steps(20), optimizer: OptimizerOptions(rate: 1e-2), seed: 3)

    private func options(slices: Int, tokens: Int) -> PretrainingOptions {
        var options = options
        (options.slices, options.microBatchTokens) = (slices, tokens)
        return options
    }

    private func trainer(_ options: PretrainingOptions, dropout: Float = 0.1) -> Trainer<ReplacedTokens> {
        var encoder = TinyRun.encoder()
        (encoder.dropout, encoder.attentionDropout, encoder.initializerRange) = (dropout, dropout, 0.15)
        return Trainer(options) { ReplacedTokens(encoder, options, tokenCounts: [], $0) }
    }

    @Test func theGeneratorIsAShareOfTheEncoder() {
        let encoder = EncoderOptions(layers: 4, width: 256, heads: 4, intermediate: 1024, vocabulary: 50)
        let small = GeneratorOptions().encoder(of: encoder)
        #expect(small.layers == 4 && small.width == 64 && small.heads == 1 && small.intermediate == 256)
    }

    /// Every parameter's gradient points where the loss rises, at the rate that it says; samples stay what they are.
    @Test func gradientsAreDifferences() {
        let trainer = trainer(options, dropout: 0)
        let (objective, model) = (trainer.objective, trainer.model)
        let examples = TinyRun.examples()
        let (whole, batch) = (objective.count(examples), Batch(examples, keys: examples.indices.map(UInt64.init)))
        let (pool, parameters) = (StoragePool(), model.parameters)
        let gradients = pool.zeros(1, model.layout.blockCount)
        func loss(backward: Bool) -> Double {
            let mode = Tape.Mode.training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 5))
            let tape = Tape(parameters: parameters, mode: mode, pool: pool)
            let (loss, counts) = objective.pass(batch, of: whole, tape)
            if backward { tape.backward(from: loss) }
            return objective.loss(counts)
        }
        _ = loss(backward: true)
        let (values, slopes) = (parameters.values, gradients.values)
        for parameter in model.layout.parameters {
            let norm = slopes[parameter.range].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            // The key biases' gradients are zero but for rounding.
            guard !parameter.name.hasSuffix("key.bias") else { continue }
            #expect(norm > 1e-5, "\(parameter.name)")
            func moved(_ step: Double) -> Double {
                for index in parameter.range {
                    parameters[index] = values[index] + Float(step * Double(slopes[index]) / norm)
                }
                defer { for index in parameter.range { parameters[index] = values[index] } }
                return loss(backward: false)
            }
            let step = 2e-3
            let slope = (moved(step) - moved(-step)) / (2 * step)
            #expect(abs(slope - norm) < 0.03 * norm + 2e-3, "\(parameter.name): \(slope) for \(norm)")
        }
    }

    /// Dropout and samples belong to a sequence, and both uses of the embeddings are added.
    @Test(arguments: [(1, 10_000), (3, 40), (5, 1)]) func lossAndGradientNormDoNotDependOnTheCut(
        cut: (slices: Int, tokens: Int)
    ) {
        let steps = [(2, 64), cut].map {
            trainer(options(slices: $0.0, tokens: $0.1)).step(TinyRun.examples(), index: 0, of: 20)
        }
        #expect(abs(steps[0].loss - steps[1].loss) < 1e-6 * steps[0].loss)
        #expect(abs(steps[0].gradientNorm - steps[1].gradientNorm) < 1e-5 * steps[0].gradientNorm)
        #expect(steps[0].counts.second.count == TinyRun.examples().reduce(0) { $0 + $1.ids.count })
    }

    @Test func bothLearn() {
        let trainer = trainer(options)
        let steps = (0..<40).map { trainer.step(TinyRun.examples(), index: $0, of: 40).counts }
        #expect(steps[39].first.mean < 0.5 * steps[0].first.mean)
        #expect(steps[39].second.mean < 0.5 * steps[0].second.mean)
    }
}
