import Autograd

/// dropout(norm(word + position + segment))  (Devlin et al. 2019, section 3)
///
/// Positions are learned, but begin as sinusoids, half as large again as words: from random ones a short run spends most of
/// its time on finding out which positions are neighbours. Segments begin at zero: what all tokens of a sentence share says
/// nothing, but took a third of the normalised sum, and heads then gave their neighbours 8% of the attention over 512 tokens
/// in the place of 67%.
struct Embeddings: Sendable {
    let words: Parameter
    private let sum: EmbeddingSum
    private let norm: LayerNorm
    private let dropout: Float
    private let firstPosition: Int

    init(_ options: EncoderOptions, _ scope: ParameterScope) {
        let (width, deviation) = (options.width, options.initializerRange)
        firstPosition = options.family.firstPosition
        words = scope["word_embeddings"].weight("weight", options.vocabulary, width, deviation: deviation)
        sum = EmbeddingSum(
            words: words,
            positions: scope["position_embeddings"].weight(
                "weight", options.positions + firstPosition, width, .sinusoids(1.5 * deviation)),
            segments: scope["token_type_embeddings"].weight("weight", options.segments, width, .zeros))
        norm = LayerNorm(scope["LayerNorm"], width: width, epsilon: options.normEpsilon)
        dropout = options.dropout
    }

    func callAsFunction(_ tokens: PackedTokens, _ tape: Tape) -> Variable {
        norm(sum(tokens.ids, tokens.positions(from: firstPosition), tokens.segments, tape))
            .dropout(dropout, tokens.layout)
    }
}
