import Attention
import Testing
import Training

@Suite struct FloatingPointWorkTests {
    private func work(_ attention: AttentionChoice) -> Double {
        var encoder = TinyRun.encoder()
        encoder.attention = attention
        return FloatingPointWork(encoder).encoder(lengths: [10, 20])
    }

    /// Two products of all pairs of a sequence: 2 · 2 n² · width a layer.
    @Test func attentionCountsThePairsThatItCompares() {
        let encoder = TinyRun.encoder()
        let pairs = Double(encoder.layers * (100 + 400) * 4 * encoder.width)
        // Of the last block [CLS] alone asks.
        let asked = pairs - Double((100 + 400 - 10 - 20) * 4 * encoder.width)
        #expect(work(.softmax) - work(.init(ValuesOnlyOptions())) == asked)
        #expect(work(.normalizedSoftmax) == work(.softmax) && work(.init(YosoExpectationOptions())) == work(.softmax))
        #expect(work(.yoso(YosoOptions())) == work(.init(ValuesOnlyOptions())))
        #expect(work(.init(LocalOptions(window: 1))) - work(.init(ValuesOnlyOptions())) == pairs * (3 * 30) / 500)
        #expect(work(.convolved(width: 3, beside: .softmax)) - work(.init(ValuesOnlyOptions())) == pairs)
        #expect(work(.gfsa(order: 2, over: .softmax)) - work(.init(ValuesOnlyOptions())) == 2 * pairs)
    }

    /// [CLS], and the same share of the other tokens of every sequence.
    @Test func ofTheLastBlockRowsThatAreReadAsk() {
        var encoder = TinyRun.encoder()
        (encoder.layers, encoder.attention) = (1, .softmax)
        func work(_ rows: Int) -> Double { FloatingPointWork(encoder).encoder(lengths: [10, 20], rows: rows) }
        let (width, wide) = (Double(encoder.width), Double(encoder.intermediate))
        let dense = 2 * width * (width + 2 * wide)
        let scores = 4 * width * (10.0 * (1 + 9.0 / 4) + 20 * (1 + 19.0 / 4))
        #expect(work(7) == 30 * 6 * width * width + 9 * dense + scores)
        #expect(work(28) == 30 * 6 * width * width + 30 * dense + 4 * width * 500)
    }
}
