import Autograd

@testable import Attention

extension GradientCase {
    /// A tile holds 49,152 scores, so that a sequence of more than 221 tokens takes two.
    private static let tiled = [3, 230]
    private static let short = [1, 5, 2, 3]

    static let attentions: [GradientCase] = [
        attention("softmax", .softmax, short, heads: 2),
        attention("softmax with dropout", .softmax, short, heads: 2, dropout: 0.25),
        attention("softmax, tiled", .softmax, tiled),
        attention("softmax, tiled by keys too", .softmax, [3, 490]),
        attention("softmax of some rows", .softmax, short, heads: 2, dropout: 0.25, keeping: [3, 8, 9]),
        attention("softmax of some rows, tiled", .softmax, tiled, keeping: Array(5..<230)),
        attention(
            "normalized softmax of some rows", .normalizedSoftmax, short, step: 2e-3, temperature: 16, keeping: [5]),
        attention("yoso expectation of some rows", yoso(bits: 9), short, heads: 2, step: 2e-3, keeping: [3, 9]),
        attention(
            "yoso expectation by mass of some rows, tiled", yoso(bits: 16, .mass), tiled, step: 2e-3,
            keeping: Array(5..<230)),
        attention("linear of some rows", .init(LinearOptions()), short, heads: 2, keeping: [3, 8]),
        attention("normalized softmax", .normalizedSoftmax, short, heads: 2, step: 2e-3, temperature: 16),
        attention("normalized softmax, tiled", .normalizedSoftmax, tiled, step: 2e-3, temperature: 16),
        attention("softmax with dropout, tiled", .softmax, tiled, dropout: 0.25),
        attention("yoso expectation", yoso(bits: 9), short, heads: 2, step: 2e-3),
        attention("yoso expectation of one bit", yoso(bits: 1), short, heads: 2, step: 2e-3),
        attention("yoso expectation of 16 bits", yoso(bits: 16), short, heads: 2, step: 2e-3),
        attention("yoso expectation, tiled", yoso(bits: 9), tiled, step: 2e-3),
        attention("yoso expectation by mass", yoso(bits: 16, .mass), short, heads: 2, step: 2e-3),
        attention("yoso expectation by mass, tiled", yoso(bits: 24, .mass), tiled, step: 2e-3),
        attention("yoso within a budget of all pairs", allPairs, short, heads: 2, step: 2e-3),
        convolution(window: 1), convolution(window: 5),
        attention("values only", .init(ValuesOnlyOptions()), short, heads: 2),
        attention("linear", .init(LinearOptions()), short, heads: 2),
        attention("performer", .init(PerformerOptions(features: 12)), short, heads: 2),
        attention("linformer", .init(LinformerOptions(rank: 3, length: 7)), short, heads: 2),
        attention("nystrom", .init(NystromOptions(landmarks: 3)), [1, 8, 2, 7], heads: 2, step: 2e-3),
        attention(
            "nystrom with convolution", .convolved(width: 3, beside: .init(NystromOptions(landmarks: 2))), short,
            step: 2e-3),
        attention("mra", .init(MultiresolutionOptions(blocks: 1, isSparse: false)), [1, 100, 40], step: 2e-3),
        attention(
            "mra of two blocks", .init(MultiresolutionOptions(blocks: 2, isSparse: false)), [3, 130], step: 2e-3),
        attention("sparse mra", .init(MultiresolutionOptions(blocks: 2, isSparse: true)), [3, 130], step: 2e-3),
        attention("gfsa", .gfsa(order: 3, over: .softmax), short, heads: 2),
        attention("gfsa over yoso expectation", .gfsa(order: 4, over: yoso(bits: 4)), short, heads: 2, step: 2e-3),
        attention("flow", .init(FlowOptions()), short, heads: 2, step: 2e-3),
        attention("flow of 40 tokens", .init(FlowOptions()), [40], step: 2e-3),
        attention("flow without competition", .init(FlowOptions { $0.competition = false }), short, heads: 2),
        attention("flow without allocation", .init(FlowOptions { $0.allocation = false }), short, step: 2e-3),
        attention("local", .init(LocalOptions(window: 2)), [1, 9, 2, 40], heads: 2),
    ]

    /// Of 8 values a head beside softmax; sequences may be shorter than the kernel.
    private static func convolution(window: Int) -> GradientCase {
        let layout = BatchLayout(lengths: short)
        return GradientCase("convolution of \(window) tokens", [(layout.tokens, 48)]) { parameters in
            let shape = HeadShape(heads: 2, headWidth: 8)
            let attention = ConvolutionAttention(
                attention: SoftmaxAttention(shape: shape, dropout: 0), shape: shape, window: window,
                parameters.scope("self"))
            return { attention($0[0], layout) }
        }
    }

    private static func yoso(bits: Int, _ normalization: YosoNormalization = .l2) -> AttentionChoice {
        .yosoExpectation(YosoExpectationOptions(bits: bits, gradient: .exact, normalization: normalization))
    }

    /// Sampled, but of sequences so short that every pair is met.
    private static let allPairs = AttentionChoice.yoso(
        YosoOptions(
            hashes: 4, bits: nil, gradient: .exact, estimator: .conditional, kernelBits: 16, normalization: .mass,
            pairs: 16))

    private static func attention(
        _ name: String, _ choice: AttentionChoice, _ lengths: [Int], heads: Int = 1, dropout: Float = 0,
        step: Float = 5e-3, temperature: Double = 1, keeping others: [Int32]? = nil
    ) -> GradientCase {
        let headWidth = 8
        let layout = BatchLayout(lengths: lengths)
        let kept = others.map { RowSelection(layout, firstRowsAnd: $0) }
        return GradientCase(name, [(layout.tokens, 3 * heads * headWidth)], step: step, temperature: temperature) {
            parameters in
            let attention = choice.attention(
                heads: heads, headWidth: headWidth, dropout: dropout, parameters.scope("self"))
            return { inputs in
                kept.map { attention(inputs[0], layout, keeping: $0) } ?? attention(inputs[0], layout)
            }
        }
    }
}
