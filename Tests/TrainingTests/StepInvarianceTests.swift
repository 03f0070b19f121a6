import Attention
import Bert
import Foundation
import Tensors
import Testing
import Training

/// Threads, slices and micro-batches are about speed and memory; what is learned must not know of them.
@Suite struct StepInvarianceTests {
    static let attentions: [AttentionChoice] = [
        .softmax, .yosoExpectation(YosoExpectationOptions()),
        .convolved(width: 3, beside: .yoso(YosoOptions(hashes: 8, bits: 4))),
        .gfsa(order: 3, over: .init(LinformerOptions(rank: 4, length: 40))),
        .convolved(width: 3, beside: .normalizedSoftmax),
        .yoso(
            YosoOptions(
                hashes: 4, bits: nil, estimator: .conditional, kernelBits: 16, normalization: .mass, pairs: 16)),
    ]

    /// Of those that claim the gradient itself, through whole steps with dropout.
    @Test(arguments: [
        AttentionChoice.softmax, .yosoExpectation(YosoExpectationOptions(gradient: .exact)),
        .init(LinformerOptions(rank: 4, length: 40)), .convolved(width: 3, beside: .normalizedSoftmax),
    ]) func gradientsAreDifferences(attention: AttentionChoice) {
        var encoder = TinyRun.encoder(attention: attention)
        encoder.initializerRange = 0.15
        Pretrainer(encoder, TinyRun.options()).expectGradientsAreDifferences(TinyRun.examples())
    }

    static let precisions = Precision.allCases.filter(\.isAvailable)

    @Test(arguments: attentions, precisions)
    func oneWorkerOrTwoGiveTheSameBits(attention: AttentionChoice, precision: Precision) {
        let one = TinyRun.train(TinyRun.options(slices: 2, threads: 1, precision: precision), attention: attention)
        let two = TinyRun.train(TinyRun.options(slices: 2, threads: 2, precision: precision), attention: attention)
        #expect(one.parameters == two.parameters)
    }

    /// With dropout, whose draws must be those of the first time.
    @Test(arguments: attentions, precisions)
    func recomputationGivesTheSameBits(attention: AttentionChoice, precision: Precision) {
        let kept = TinyRun.train(TinyRun.options(precision: precision), attention: attention)
        let again = TinyRun.train(TinyRun.options(precision: precision, recompute: true), attention: attention)
        #expect(kept.parameters == again.parameters)
    }

    @Test func recomputationTakesLessMemory() {
        let bytes = [false, true].map { recompute in
            let pretrainer = Pretrainer(TinyRun.encoder(layers: 12), TinyRun.options(recompute: recompute))
            _ = pretrainer.step(TinyRun.examples(), index: 0, of: 20)
            let model = 4 * pretrainer.model.layout.blockCount * 4
            return pretrainer.model.allocatedBytes - model
        }
        #expect(3 * bytes[1] < bytes[0], "\(bytes)")
    }

    @Test func moreThreadsThanSlicesGiveTheSameBits() {
        let one = TinyRun.train(TinyRun.options(slices: 3, threads: 1))
        let many = TinyRun.train(TinyRun.options(slices: 3, threads: 5))
        #expect(one.parameters == many.parameters)
    }

    @Test(arguments: attentions, [(1, 10_000), (1, 16), (3, 40), (5, 1)])
    func lossAndGradientNormDoNotDependOnTheCut(attention: AttentionChoice, cut: (slices: Int, tokens: Int)) {
        let reference = TinyRun.train(TinyRun.options(slices: 2, microBatchTokens: 64), attention: attention, steps: 1)
        let other = TinyRun.train(
            TinyRun.options(slices: cut.slices, microBatchTokens: cut.tokens), attention: attention, steps: 1)
        let (a, b) = (reference.steps[0], other.steps[0])
        #expect(abs(a.loss - b.loss) < 1e-6 * a.loss)
        #expect(abs(a.gradientNorm - b.gradientNorm) < 1e-6 * a.gradientNorm)
        #expect(a.counts.first.count == b.counts.first.count && a.counts.second.count == 8)
    }

    @Test(.enabled(if: Precision.bf16.isAvailable, "this CPU has no AVX512-BF16"), arguments: attentions)
    func bf16LearnsAlmostTheSame(attention: AttentionChoice) {
        let losses = Precision.allCases.map {
            TinyRun.train(TinyRun.options(precision: $0), attention: attention, steps: 8).steps.map(\.loss)
        }
        #expect(losses[0] != losses[1])
        for (exact, rounded) in zip(losses[0], losses[1]) { #expect(abs(exact - rounded) < 0.01 * exact) }
    }

    /// Weights that an update has packed are those that the next pass would pack.
    @Test(.enabled(if: Precision.bf16.isAvailable, "this CPU has no AVX512-BF16"))
    func panelsFollowTheParameters() throws {
        let pretrainers = (0..<2).map { _ in
            Pretrainer(TinyRun.encoder(), TinyRun.options(precision: .bf16))
        }
        for index in 0..<4 {
            // Whoever asks for the parameters may write to them, so the next pass packs all of them.
            _ = pretrainers[1].model.parameters
            let losses = pretrainers.map { $0.step(TinyRun.examples(), index: index, of: 20).loss }
            #expect(losses[0] == losses[1])
        }
        // And what was written is read.
        for pretrainer in pretrainers { pretrainer.model.parameters.scale(by: 2) }
        let losses = try pretrainers.map { try $0.evaluate(TinyRun.examples()).result["maskedLoss"] }
        #expect(losses[0] == losses[1])
        pretrainers[1].model.parameters.scale(by: 0.5)
        #expect(try pretrainers[1].evaluate(TinyRun.examples()).result["maskedLoss"] != losses[1])
    }

    /// Whatever its figures begin with.
    @Test func theLossOfHeldOutTextChoosesTheBest() throws {
        func outcome<O: HiddenStateObjective>(_ type: O.Type) throws -> HeldOut<Figures> {
            let trainer = Trainer(TinyRun.options()) { O(on: Bert.Encoder(TinyRun.encoder(), $0), tokenCounts: [], $0) }
            return try trainer.evaluate(TinyRun.examples())
        }
        for result in [
            try outcome(Sum<MaskedWords, SentenceOrder>.self), try outcome(Sum<SentenceOrder, MaskedWords>.self),
        ] {
            #expect(result.score == result.result["maskedLoss"].map { -$0 })
        }
        #expect(try outcome(SentenceOrder.self).score < -0.5, "of figures without a loss that of training")
    }

    @Test func theSeedMatters() {
        let one = TinyRun.train(TinyRun.options(seed: 3))
        let other = TinyRun.train(TinyRun.options(seed: 4))
        #expect(one.parameters != other.parameters)
    }

    /// Whatever is drawn, by dropout or for hashes, is drawn anew for every step, and again for the same one.
    @Test func theStepMatters() {
        let options = PretrainingOptions(
            batch: .sequences(12), budget: .steps(20), optimizer: OptimizerOptions(rate: 0), slices: 2)
        let pretrainer = Pretrainer(TinyRun.encoder(), options)
        let losses = [0, 1, 0].map { pretrainer.step(TinyRun.examples(), index: $0, of: 20).loss }
        #expect(losses[0] == losses[2] && losses[0] != losses[1])
    }

    @Test(arguments: attentions, precisions)
    func nothingIsAllocatedAfterTheFirstStep(attention: AttentionChoice, precision: Precision) {
        let pretrainer = Pretrainer(TinyRun.encoder(attention: attention), TinyRun.options(precision: precision))
        let examples = TinyRun.examples()
        _ = pretrainer.step(examples, index: 0, of: 20)
        let blocks = pretrainer.model.allocatedBlocks
        for index in 1...3 { _ = pretrainer.step(examples, index: index, of: 20) }
        #expect(pretrainer.model.allocatedBlocks == blocks)
    }

    @Test func aStepThatIsNotFiniteChangesNothing() {
        let pretrainer = Pretrainer(TinyRun.encoder(), TinyRun.options())
        pretrainer.model.parameters[0] = .nan
        let before = pretrainer.model.parameters.values.dropFirst()
        var poisoned = TinyRun.examples()
        poisoned[0].ids[0] = 0
        let step = pretrainer.step(poisoned, index: 0, of: 20)
        #expect(!step.isFinite)
        #expect(pretrainer.model.parameters.values.dropFirst() == before)
        // Nor the next one.
        pretrainer.model.parameters[0] = 0
        #expect(pretrainer.step(TinyRun.examples(), index: 1, of: 20).isFinite)
    }

    @Test func lossFallsOnWhatIsRepeated() {
        let pretrainer = Pretrainer(TinyRun.encoder(), TinyRun.options())
        let examples = TinyRun.examples()
        let losses = (0..<20).map { pretrainer.step(examples, index: $0, of: 20).counts.first.mean }
        #expect(losses[19] < 0.5 * losses[0])
    }

    @Test func wordsBeginWithTheirSharesOfTheText() throws {
        let counts = (0..<50).map { $0 * $0 }
        let pretrainer = Pretrainer(TinyRun.encoder(), TinyRun.options(), tokenCounts: counts)
        pretrainer.objective.initialize(pretrainer.model.weights)
        let word = try #require(pretrainer.model.layout.parameters.first { $0.name == "cls.predictions.bias" })
        let bias = pretrainer.model.parameters.values[word.range]
        let shares = bias.map { exp(Double($0)) }
        #expect(abs(shares.reduce(0, +) - 1) < 1e-5)
        #expect(abs(shares[49] / shares[7] - (2401 + 1) / (49.0 + 1)) < 1e-3)
    }
}
