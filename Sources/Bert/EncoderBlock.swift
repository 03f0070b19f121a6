import Attention
import Autograd

/// One post-norm transformer block: attention and feed-forward, each with its residual and norm
/// (Vaswani et al. 2017, section 3.1).
///
/// Keys begin with the weights of queries, so that from the first step on tokens attend to what is like them, which
/// sinusoidal positions make what is near them (Trockman & Kolter 2023, "Mimetic initialization of self-attention
/// layers").
struct EncoderBlock: Sendable {
    private let projectionWeight: Parameter
    private let projectionBias: Parameter
    private let attention: any SelfAttention
    private let attentionOutput: Dense
    private let attentionNorm: LayerNorm
    private let expand: Dense
    private let contract: Dense
    private let outputNorm: LayerNorm

    init(_ options: EncoderOptions, _ scope: ParameterScope) {
        let (width, deviation) = (options.width, options.initializerRange)
        let attentionScope = scope["attention"]
        let projections = attentionScope["self"]
        // A mean of values is smaller than a value.
        let valueDeviation = deviation * Float(2).squareRoot()
        // One product gives q | k | v: small products lose a third of the speed.
        projectionWeight = projections.stackedWeights(
            [
                "query.weight": .normal(deviation),
                "key.weight": .normalLike(name: projections.path("query.weight"), deviation),
                "value.weight": .normal(valueDeviation),
            ], width, width)
        projectionBias = projections.stackedVectors(["query.bias", "key.bias", "value.bias"], width)
        attention = options.attention.attention(
            heads: options.heads, headWidth: width / options.heads, dropout: options.attentionDropout,
            projections)
        attentionOutput = Dense(attentionScope["output"]["dense"], from: width, to: width, deviation: valueDeviation)
        attentionNorm = LayerNorm(
            attentionScope["output"]["LayerNorm"], width: width, epsilon: options.normEpsilon,
            dropout: options.dropout)
        expand = Dense(scope["intermediate"]["dense"], from: width, to: options.intermediate, deviation: deviation)
        contract = Dense(scope["output"]["dense"], from: options.intermediate, to: width, deviation: deviation)
        outputNorm = LayerNorm(
            scope["output"]["LayerNorm"], width: width, epsilon: options.normEpsilon, dropout: options.dropout)
    }

    /// q | k | v of every row, [tokens, 3 · width].
    func projections(_ x: Variable) -> Variable { x.linear(projectionWeight, projectionBias) }

    /// The block's output for all rows, or for those of `selection` alone.
    func callAsFunction(_ x: Variable, _ layout: BatchLayout, keeping selection: RowSelection? = nil) -> Variable {
        var (residual, context) = (x, attention(projections(x), layout))
        if let selection {
            (residual, context) = (x.gatherRows(selection.rows), context.gatherRows(selection.rows))
        }
        let layout = selection?.layout ?? layout
        let attended = attentionNorm(residual, plus: attentionOutput(context), layout)
        return outputNorm(attended, plus: contract(expand(attended).gelu()), layout)
    }
}
