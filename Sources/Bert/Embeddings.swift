import Autograd

/// dropout(norm(word + position + segment))  (Devlin et al. 2019, section 3), or without the norm.
///
/// Positions are learned. Where heads begin with a look at a neighbour, they begin as sinusoids: from random ones a short run spends
/// most of its time on finding out which positions are neighbours. They begin in one half of the columns and words in the other, and segments at zero, so that
/// heads which begin with a look at a neighbour find it among 512 tokens too: where words and segments blurred the codes, it
/// had 8% of the attention, and a run stayed as it was with that.
struct Embeddings: Sendable {
    let words: Parameter
    private let sum: EmbeddingSum
    private let norm: LayerNorm?
    private let dropout: Float
    private let firstPosition: Int

    init(_ options: EncoderOptions, _ scope: ParameterScope) {
        let (width, deviation) = (options.width, options.initializerRange)
        let looks = options.looksAtNeighbours
        firstPosition = options.family.firstPosition
        words = scope["word_embeddings"].weight(
            "weight", options.vocabulary, width, .normal(deviation, within: looks ? .second : nil))
        sum = EmbeddingSum(
            words: words,
            positions: scope["position_embeddings"].weight(
                "weight", options.positions + firstPosition, width,
                looks ? .sinusoids(deviation) : .normal(deviation)),
            segments: scope["token_type_embeddings"].weight(
                "weight", options.segments, width,
                looks ? .zeros : .normal(deviation)))
        norm =
            options.embeddingNorm == false
            ? nil : LayerNorm(scope["LayerNorm"], width: width, epsilon: options.normEpsilon)
        dropout = options.dropout
    }

    func callAsFunction(_ tokens: PackedTokens, _ tape: Tape) -> Variable {
        let sum = sum(tokens.ids, tokens.positions(from: firstPosition), tokens.segments, tape)
        return (norm.map { $0(sum) } ?? sum).dropout(dropout, tokens.layout)
    }
}
