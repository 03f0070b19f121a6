import Attention
import Autograd

/// Everything that fixes the shape and the behaviour of a BERT-style encoder.
public struct EncoderOptions: Sendable, Equatable, Codable {
    /// Number of encoder blocks.
    public var layers: Int
    /// Hidden width of every token.
    public var width: Int
    /// Attention heads; divides `width`.
    public var heads: Int
    /// Width of the feed-forward layer.
    public var intermediate: Int
    /// Number of ids of the vocabulary.
    public var vocabulary: Int
    /// Longest sequence, in tokens.
    public var positions: Int
    /// Number of segment (token type) ids.
    public var segments: Int
    /// Probability that an element is dropped after embeddings, attention output and feed-forward.
    public var dropout: Float
    /// Probability that an attention weight is dropped (softmax attention only).
    public var attentionDropout: Float
    /// Epsilon inside the square root of every layer norm.
    public var normEpsilon: Float
    /// Standard deviation of the initial weights.
    public var initializerRange: Float
    public var attention: AttentionChoice
    /// nil is GELU by erf. A value that is there changes the digest of a run's options, so that none is written for that.
    public var activation: GeluForm?

    public init(
        layers: Int, width: Int, heads: Int, intermediate: Int, vocabulary: Int, positions: Int = 512,
        segments: Int = 2, dropout: Float = 0.1, attentionDropout: Float = 0.1, normEpsilon: Float = 1e-12,
        initializerRange: Float = 0.02, attention: AttentionChoice = .softmax, activation: GeluForm? = nil
    ) {
        self.layers = layers
        self.width = width
        self.heads = heads
        self.intermediate = intermediate
        self.vocabulary = vocabulary
        self.positions = positions
        self.segments = segments
        self.dropout = dropout
        self.attentionDropout = attentionDropout
        self.normEpsilon = normEpsilon
        self.initializerRange = initializerRange
        self.attention = attention
        self.activation = activation
    }
}
