import Attention
import Autograd
import Bert
import CKernels
import Corpora
import Tensors
import Testing
import Training

/// A sequence gives the same logits alone and packed with others in any order.
struct BatchInvarianceTests {
    private static let orders = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 0, 4], [1, 1, 1]]
    private let pool = StoragePool()

    @Test(arguments: EncoderOptions.all, orders)
    func pretrainingLogits(options: EncoderOptions, order: [Int]) {
        for precision in Precision.allCases where precision.isAvailable {
            pretrainingLogits(options, order, precision)
        }
    }

    private func pretrainingLogits(_ options: EncoderOptions, _ order: [Int], _ precision: Precision) {
        let layout = ParameterLayout()
        let model = TinyObjective(options, layout)
        let tape = inference(layout, precision)
        let packed = Batch<PretrainingExample>(order.map { TinySequence.all[$0] }).tokens
        let words = model.first.logits(packed, rows: (0..<packed.layout.tokens).map(Int32.init), tape).value.values
        let pairs = model.second.logits(packed, tape).value.values
        for (place, index) in order.enumerated() {
            let alone = Batch<PretrainingExample>([TinySequence.all[index]]).tokens
            let rows = packed.layout.rows(place)
            expectSame(
                words[31 * rows.lowerBound..<31 * rows.upperBound],
                model.first.logits(alone, rows: (0..<rows.count).map(Int32.init), tape).value.values)
            expectSame(pairs[2 * place..<2 * place + 2], model.second.logits(alone, tape).value.values)
        }
    }

    @Test(arguments: EncoderOptions.all, orders)
    func classificationLogits(options: EncoderOptions, order: [Int]) {
        for precision in Precision.allCases where precision.isAvailable {
            classificationLogits(options, order, precision)
        }
    }

    /// Documents beside each other, of one token too, and pairs of them.
    @Test(arguments: EncoderOptions.all, [1, 2])
    func documentLogits(options: EncoderOptions, documents: Int) {
        for precision in Precision.allCases where precision.isAvailable {
            for order in Self.orders where documents == 1 || !order.contains(1) {
                classificationLogits(options, order, precision, documents: documents)
            }
            classificationLogits(options, [5, 4, 3, 2, 0], precision, documents: documents)
        }
    }

    private func classificationLogits(
        _ options: EncoderOptions, _ order: [Int], _ precision: Precision, documents: Int? = nil
    ) {
        let layout = ParameterLayout()
        let model = ClassificationModel(options, outputs: 3, documents: documents, layout)
        let tape = inference(layout, precision)
        let packed = model.logits(Batch<PretrainingExample>(order.map { TinySequence.all[$0] }).tokens, tape).value
            .values
        for (place, index) in order.enumerated() {
            let alone = model.logits(Batch<PretrainingExample>([TinySequence.all[index]]).tokens, tape).value.values
            expectSame(packed[3 * place..<3 * place + 3], alone)
        }
    }

    /// What the last block computes of some rows alone is what it computes of all.
    @Test(arguments: EncoderOptions.all)
    func keptRows(options: EncoderOptions) {
        for precision in Precision.allCases where precision.isAvailable {
            let layout = ParameterLayout()
            let encoder = Encoder(options, layout)
            let tape = inference(layout, precision)
            let batch = Batch<PretrainingExample>(TinySequence.all)
            let kept = RowSelection(batch.tokens.layout, firstRowsAnd: batch.everyOther)
            let some = encoder(batch.tokens, tape, keeping: kept).value
            let all = encoder(batch.tokens, tape).gatherRows(kept.rows).value
            #expect(some.rows < batch.tokens.layout.tokens)
            expectSame(some.values[...], all.values)
        }
    }

    @Test(arguments: EncoderOptions.all, orders)
    func wordLogits(options: EncoderOptions, order: [Int]) {
        for precision in Precision.allCases where precision.isAvailable {
            let layout = ParameterLayout()
            let model = ClassificationModel(options, outputs: 3, ofWords: true, layout)
            let tape = inference(layout, precision)
            func logits(_ sequences: [Int]) -> [Float] {
                let batch = Batch<PretrainingExample>(sequences.map { TinySequence.all[$0] })
                return model.logits(batch.tokens, words: batch.everyOther, tape).value.values
            }
            var packed = logits(order)[...]
            for index in order {
                let alone = logits([index])
                expectSame(packed.prefix(alone.count), alone)
                packed = packed.dropFirst(alone.count)
            }
            #expect(packed.isEmpty)
        }
    }

    private func inference(_ layout: ParameterLayout, _ precision: Precision) -> Tape {
        let parameters = layout.initialBlock(seed: 1, from: pool)
        // As a server has them.
        let keeps = precision == .bf16 || String(cString: ck_level()) == "AVX-512"
        let panels = keeps ? WeightPanels(layout, precision, backward: false, from: pool) : nil
        if let panels { for part in layout.parts { panels.pack(part, from: parameters) } }
        return Tape(parameters: parameters, mode: .inference, pool: pool, panels: panels)
    }

    private func expectSame(_ packed: ArraySlice<Float>, _ alone: [Float]) {
        let largest = alone.map(abs).max() ?? 0
        // Two logits may both happen to be small.
        let scale = max(largest, 0.1)
        #expect(packed.count == alone.count && largest > 1e-4)
        for (packed, alone) in zip(packed, alone) { #expect(abs(packed - alone) < 1e-5 * scale) }
    }
}
