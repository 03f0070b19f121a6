import Attention
import Autograd

/// One transformer block: attention and feed-forward, each with its residual and a norm behind the sum (Vaswani et al. 2017,
/// section 3.1), or in front of the layer (Xiong et al. 2020, figure 1).
///
/// Unless all weights begin as random numbers, every head begins with a look at one neighbour, the first at the token before, the
/// second at the token after, and so on; where there is one head, that of every other block at the token after. Keys begin with the half of the columns that positions begin in, queries as the keys' weights, turned by that offset in
/// the plane of every sinusoid of the positions (after
/// Trockman & Kolter 2023, "Mimetic initialization of self-attention layers", who let queries begin like keys). From
/// random weights a short run spends most of its time on finding out that neighbours matter.
struct EncoderBlock: Sendable {
    private let projectionWeight: Parameter
    private let projectionBias: Parameter
    let attention: any SelfAttention
    let attentionOutput: Dense
    private let attentionNorm: LayerNorm
    private let expand: Dense
    private let contract: Dense
    private let outputNorm: LayerNorm
    private let activation: GeluForm
    private let isPre: Bool
    private let dropout: Float

    init(_ options: EncoderOptions, layer: Int, _ scope: ParameterScope) {
        let (width, deviation) = (options.width, options.initializerRange)
        let attentionScope = scope["attention"]
        let projections = attentionScope["self"]
        let (looks, random) = (options.looksAtNeighbours, options.weights(of: width))
        isPre = options.norm == .pre
        dropout = options.dropout
        // A mean of values is smaller than a value.
        let valueDeviation = deviation * Float(2).squareRoot()
        // Larger, or a head hardly tells its neighbour from the others.
        let lookDeviation = 2.5 * deviation
        // 1 back, 1 ahead, 2 back, …
        let neighbours = options.heads == 1 ? [layer % 2] : Array(0..<options.heads)
        let offsets = neighbours.map { ($0 / 2 + 1) * ($0 % 2 == 0 ? -1 : 1) }
        // One product gives q | k | v: small products lose a third of the speed.
        projectionWeight = projections.multiplied(
            projections.stackedWeights(
                [
                    "query.weight": looks
                        ? .normalLike(name: projections.path("key.weight"), lookDeviation, offsets: offsets) : random,
                    "key.weight": looks ? .normal(lookDeviation, within: .first) : random,
                    "value.weight": looks ? .normal(valueDeviation) : random,
                ], width, width))
        projectionBias = projections.stackedVectors(
            ["query.bias", "key.bias", "value.bias"], width, options.biases(of: width))
        attention = options.attention.attention(
            heads: options.heads, headWidth: width / options.heads, dropout: options.attentionDropout,
            projections)
        // Read like values, the smaller outputs of YOSO hardly change a residual, and within a short run it does not learn that
        // neighbours matter.
        let outputScale = options.attention.outputScale(headWidth: width / options.heads)
        attentionOutput = Dense(
            attentionScope["output"]["dense"], from: width, to: width,
            looks ? .normal(outputScale * valueDeviation) : random, options.biases(of: width))
        attentionNorm = LayerNorm(
            isPre ? attentionScope["LayerNorm"] : attentionScope["output"]["LayerNorm"], width: width,
            epsilon: options.normEpsilon,
            dropout: options.dropout)
        expand = Dense(scope["intermediate"]["dense"], from: width, to: options.intermediate, options)
        activation = options.activation ?? .erf
        contract = Dense(scope["output"]["dense"], from: options.intermediate, to: width, options)
        outputNorm = LayerNorm(
            scope[isPre ? "intermediate" : "output"]["LayerNorm"], width: width, epsilon: options.normEpsilon,
            dropout: options.dropout)
    }

    /// q | k | v of every row, [tokens, 3 · width].
    func projections(_ x: Variable) -> Variable {
        (isPre ? attentionNorm(x) : x).linear(projectionWeight, projectionBias)
    }

    /// The block's output for all rows, or for those of `selection` alone.
    func callAsFunction(_ x: Variable, _ layout: BatchLayout, keeping selection: RowSelection? = nil) -> Variable {
        let projections = projections(x)
        let context = selection.map { attention(projections, layout, keeping: $0) } ?? attention(projections, layout)
        let residual = selection.map { x.gatherRows($0.rows) } ?? x
        let layout = selection?.layout ?? layout
        if isPre {
            let attended = residual + attentionOutput(context).dropout(dropout, layout)
            let expanded = outputNorm(attended).feedForward(expand.parameters, contract.parameters, gelu: activation)
            return attended + expanded.dropout(dropout, layout)
        }
        let attended = attentionNorm(residual, plus: attentionOutput(context), layout)
        let expanded = attended.feedForward(expand.parameters, contract.parameters, gelu: activation)
        return outputNorm(attended, plus: expanded, layout)
    }
}
