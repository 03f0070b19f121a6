import Attention
import Bert
import Corpora
import Tasks
import Tensors
import Testing

@testable import Training

/// Runs whose passes are large enough to be spread over a team: how many threads it has must not show.
@Suite struct TeamRunTests {
    private static let chosen: [AttentionChoice] = [
        .softmax, .normalizedSoftmax, .yosoExpectation(YosoExpectationOptions()),
        .convolved(width: 3, beside: .yoso(YosoOptions(hashes: 8, bits: 6))),
        .yoso(
            YosoOptions(
                hashes: 4, bits: nil, estimator: .conditional, kernelBits: 16, normalization: .mass, pairs: 16)),
        .gfsa(order: 3, over: .init(LinformerOptions(rank: 4, length: 80))), .init(LinearOptions()),
        .init(NystromOptions()), .init(LocalOptions()), .init(MultiresolutionOptions()), .init(FlowOptions()),
    ]
    /// And what is added to the list of all, at its defaults.
    static let attentions =
        chosen
        + Attention.attentions.filter { kind in !chosen.contains { type(of: $0.kind) == kind } }
        .map { AttentionChoice($0.init()) }

    /// 1,100 tokens in all, of a width that no number of threads divides.
    private static func encoder(_ attention: AttentionChoice, vocabulary: Int = 500) -> EncoderOptions {
        EncoderOptions(
            layers: 2, width: 128, heads: 4, intermediate: 260, vocabulary: vocabulary, positions: 80,
            attention: attention)
    }

    private static func tokens(_ count: Int, _ random: RandomStream) -> [Int32] {
        (0..<count).map { Int32(5 + random.word(UInt32($0)) % 45) }
    }

    private static func pretraining() -> [PretrainingExample] {
        (0..<20).map { sequence in
            let random = RandomStream(seed: UInt64(sequence))
            let ids = tokens(31 + Int(random.word(999) % 49), random)
            return PretrainingExample(
                ids: ids, segments: ids.indices.map { $0 < 10 ? 0 : 1 }, maskedPositions: [1, 2, 5, 7, 20],
                maskedLabels: [7, 8, 400, 4, 30], isOrdered: sequence % 2 == 0)
        }
    }

    @Test(arguments: attentions, Precision.allCases.filter(\.isAvailable))
    func pretrainingHasTheSameBits(attention: AttentionChoice, precision: Precision) {
        let runs = [(1, 1), (1, 2), (1, 3), (1, 7), (2, 1), (2, 5)].prefix(attention == .softmax ? 6 : 4).map {
            slices, threads in
            let options = TinyRun.options(
                slices: slices, threads: threads, microBatchTokens: 10_000, precision: precision)
            let pretrainer = Pretrainer(Self.encoder(attention), options)
            let loss = pretrainer.step(Self.pretraining(), index: 0, of: 20).loss
            let heldOut = try? pretrainer.evaluate(Self.pretraining()).result["maskedLoss"]
            #expect(heldOut != nil)
            return (parameters: pretrainer.model.parameters.values, loss: loss, heldOut: heldOut)
        }
        for (run, first) in zip(runs, [0, 0, 0, 0, 4, 4]) {
            #expect(run.parameters == runs[first].parameters)
            #expect(run.loss == runs[first].loss && run.heldOut == runs[first].heldOut)
        }
    }

    @Test func nothingIsAllocatedAfterTheFirstStep() {
        let options = TinyRun.options(slices: 1, threads: 3, microBatchTokens: 10_000)
        let pretrainer = Pretrainer(Self.encoder(.yosoExpectation(YosoExpectationOptions())), options)
        _ = pretrainer.step(Self.pretraining(), index: 0, of: 20)
        let blocks = pretrainer.model.allocatedBlocks
        for index in 1...3 { _ = pretrainer.step(Self.pretraining(), index: index, of: 20) }
        #expect(pretrainer.model.allocatedBlocks == blocks)
    }

    @Test(arguments: Precision.allCases.filter(\.isAvailable))
    func fineTuningHasTheSameBits(precision: Precision) {
        let examples = (0..<32).map { row in
            let ids = Self.tokens(8 + row % 30, RandomStream(seed: UInt64(row)))
            return ClassificationExample(ids: ids, segments: ids.map { _ in 0 }, target: [Float(row % 3)])
        }
        let runs = [1, 2, 3, 7].map { threads in
            let options = FineTuningOptions {
                ($0.slices, $0.threads, $0.precision) = (1, threads, precision)
            }
            let trainer = Trainer(options) {
                Classification(
                    Self.encoder(.softmax), .classes(["a", "b", "c"]), options, $0)
            }
            for index in 0..<2 { _ = trainer.step(examples, index: index, of: 20) }
            return trainer.model.parameters.values
        }
        #expect(runs.allSatisfy { $0 == runs[0] })
    }
}
