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

    /// Samples stay what they are.
    @Test func gradientsAreDifferences() {
        let examples = TinyRun.examples()
        trainer(options, dropout: 0).expectGradientsAreDifferences(examples)
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
