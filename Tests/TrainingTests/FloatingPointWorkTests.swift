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
        #expect(work(.softmax) - work(.init(ValuesOnlyOptions())) == pairs)
        #expect(work(.yoso(YosoOptions())) == work(.init(ValuesOnlyOptions())))
        #expect(work(.init(LocalOptions(window: 1))) - work(.init(ValuesOnlyOptions())) == pairs * (3 * 30) / 500)
        #expect(work(.gfsa(order: 2, over: .softmax)) - work(.init(ValuesOnlyOptions())) == 2 * pairs)
    }
}
