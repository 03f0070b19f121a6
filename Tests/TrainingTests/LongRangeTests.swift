import Attention
import Autograd
import Bert
import Tasks
import Tensors
import Testing

@testable import LongRange
@testable import Training

@Suite struct LongRangeTests {
    /// Documents of 0 tokens, 1 and more, alone or in pairs.
    private func rows(isPaired: Bool) -> [LongRangeRow] {
        let lengths = [0, 1, 7, 40, 3, 12, 1, 25]
        func document(_ index: Int, _ length: Int) -> [UInt8] {
            let random = RandomStream(seed: 4).stream(UInt64(index))
            return (0..<length).map { UInt8(random.word(UInt32($0)) % 15) }
        }
        return lengths.indices.map { index in
            let other = lengths[(3 * index + 1) % lengths.count]
            return LongRangeRow(
                document(index, lengths[index]), second: isPaired ? document(100 + index, other) : nil,
                label: index % 2)
        }
    }

    private func examples(documents: Int) -> [ClassificationExample] {
        rows(isPaired: documents == 2).map { ClassificationExample($0.encoded(.listops)) }
    }

    private func trainer(
        documents: Int, dropout: Float = 0.1, slices: Int = 2, tokens: Int = 64,
        attention: AttentionChoice = .softmax
    ) -> Trainer<Classification> {
        var encoder = TinyRun.encoder(attention: attention)
        (encoder.dropout, encoder.attentionDropout, encoder.initializerRange) = (dropout, dropout, 0.15)
        (encoder.norm, encoder.pooling, encoder.segments) = (.pre, .mean, 1)
        let options = LongRangeOptions {
            ($0.slices, $0.microBatchTokens, $0.seed) = (slices, tokens, 3)
        }
        let head = FineTuningOptions { $0.classifierDropout = dropout }
        return Trainer(options) { Classification(encoder, .classes(["a", "b"]), head, documents: documents, $0) }
    }

    @Test func aDocumentWithoutTokensIsOneOfItsOwn() {
        let row = LongRangeRow([], second: [3, 14], label: 1).encoded(.listops)
        #expect(row.ids == [15, 3, 14] && row.segments == [0, 1, 1] && row.target == [1])
        #expect(rows(isPaired: true).allSatisfy { $0.count == $0.encoded(.listops).ids.count })
        #expect(LongRangeRow([7], label: 7).encoded(.listops).segments == [0])
    }

    @Test func ofAMeanTheLastBlockCountsAllRows() {
        let examples = examples(documents: 1)
        let work = [Pooling.first, .mean].map { pooling in
            var encoder = TinyRun.encoder()
            (encoder.pooling, encoder.segments) = (pooling, 1)
            let trainer = Trainer(LongRangeOptions()) {
                Classification(encoder, .classes(["a", "b"]), FineTuningOptions(), documents: 1, $0)
            }
            return trainer.objective.work(examples)
        }
        let (options, rows) = (TinyRun.encoder(), examples.reduce(0) { $0 + $1.ids.count } - examples.count)
        let dense = Double(rows * 2 * options.width * (options.width + 2 * options.intermediate))
        // All rows of a sequence ask in the place of the first alone.
        let scores = examples.reduce(0) { $0 + ($1.ids.count - 1) * $1.ids.count } * 4 * options.width
        #expect(abs(work[1] - work[0] - 3 * (dense + Double(scores))) <= 1e-9 * work[1])
    }

    /// Where nothing but the classifier learns, no product goes backward.
    @Test(arguments: [1, 2]) func workOfFrozenBlocksIsThatOfForward(frozen: Int) {
        let (examples, encoder) = (examples(documents: 1), TinyRun.encoder())
        let options = FineTuningOptions { $0.layers.frozen = frozen }
        let trainer = Trainer(options) { Classification(encoder, .classes(["a", "b"]), options, $0) }
        func forward(_ layers: Int) -> Double {
            FloatingPointWork(TinyRun.encoder(layers: layers)).encoder(lengths: examples.map(\.ids.count))
        }
        #expect(trainer.objective.work(examples) == forward(2) + (frozen == 1 ? 2 * forward(1) : 0))
    }

    @Test(arguments: [1, 2]) func gradientsAreDifferences(documents: Int) {
        trainer(documents: documents, dropout: 0).expectGradientsAreDifferences(examples(documents: documents))
    }

    @Test(arguments: [1, 2], [(1, 10_000), (3, 40), (5, 1)]) func lossAndGradientNormDoNotDependOnTheCut(
        documents: Int, cut: (slices: Int, tokens: Int)
    ) {
        for attention in [AttentionChoice.softmax, .yoso(YosoOptions(hashes: 8, bits: 4))] {
            let steps = [(2, 64), cut].map {
                trainer(documents: documents, slices: $0.0, tokens: $0.1, attention: attention)
                    .step(examples(documents: documents), index: 0, of: 20)
            }
            #expect(abs(steps[0].loss - steps[1].loss) < 1e-6 * steps[0].loss)
            #expect(abs(steps[0].gradientNorm - steps[1].gradientNorm) < 1e-5 * steps[0].gradientNorm)
        }
    }

    /// Which of two documents comes first matters, and what the pair stands beside does not.
    @Test func bothTowersAreOneEncoder() {
        let trainer = trainer(documents: 2, dropout: 0)
        let pair = LongRangeRow([1, 2, 3], second: [4, 5], label: 0)
        let swapped = LongRangeRow([4, 5], second: [1, 2, 3], label: 0)
        let (model, weights) = (trainer.objective.model, trainer.model.weights)
        func logits(_ rows: [LongRangeRow]) -> [[Float]] {
            model.predict(
                rows.map { ClassificationExample($0.encoded(.listops)) }, weights,
                BatchCut(slices: 2, microBatchTokens: 64))
        }
        let both = logits([pair, swapped])
        #expect(both[0] != both[1])
        let towers = trainer.model.layout.parameters.count { $0.name.hasSuffix("word_embeddings.weight") }
        #expect(towers == 1)
        for (mine, alone) in zip(both[1], logits([swapped])[0]) { #expect(abs(mine - alone) < 1e-6) }
    }

    /// Each row with all others, and alone, a document of no token among them.
    @Test(arguments: LongRangeTask.all) func companyChangesNoAnswer(task: LongRangeTask) {
        for attention in [AttentionChoice.softmax, .yoso(YosoOptions(hashes: 8, bits: 4))] {
            var encoder = TinyRun.encoder(attention: attention)
            (encoder.norm, encoder.pooling, encoder.segments) = (.pre, .mean, 1)
            (encoder.vocabulary, encoder.initializerRange) = (task.ids, 0.15)
            let trainer = Trainer(task, encoder: encoder, LongRangeOptions { $0.microBatchTokens = 64 })
            let examples = rows(isPaired: task.isPaired).map { ClassificationExample($0.encoded(task)) }
            func logits(_ examples: [ClassificationExample]) -> [[Float]] {
                trainer.objective.model.predict(
                    examples, trainer.model.weights, BatchCut(slices: 2, microBatchTokens: 64))
            }
            let together = logits(examples)
            for (example, mine) in zip(examples, together) {
                let alone = logits([example])[0]
                #expect(mine.count == task.classes.count)
                #expect(zip(mine, alone).allSatisfy { abs($0 - $1) < 1e-5 })
            }
            #expect(Set(together.map { $0[0] }).count > 4, "the answers are of the documents")
        }
    }

    @Test func sharesAreTheSameRowsInOrder() {
        let rows = (0..<100).map { LongRangeRow([UInt8($0)], label: 0) }
        let share = rows.sample(10)
        #expect(
            share.count == 10 && share == rows.sample(10) && share.map(\.tokens[0]).sorted() == share.map(\.tokens[0]))
        #expect(share != Array(rows.prefix(10)) && rows.sample(0) == rows && rows.sample(100) == rows)
    }
}
