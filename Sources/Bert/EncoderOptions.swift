import Attention
import Autograd
import Options

/// Where the norms of a block stand.
public enum NormPlacement: String, Sendable, Codable, CaseIterable {
    /// Behind each residual sum (Vaswani et al. 2017), as BERT's.
    case post
    /// In front of attention and feed-forward, and one behind the last block (Xiong et al. 2020), as RoBERTa-PreLayerNorm's.
    case pre
}

/// What stands for a sequence in front of a classifier.
public enum Pooling: String, Sendable, Codable, CaseIterable {
    /// The hidden state of `[CLS]`.
    case first
    /// The mean of all hidden states.
    case mean
}

/// What weights begin as.
public enum Initialization: String, Sendable, Codable, CaseIterable {
    /// Such that every head looks at a neighbour (`EncoderBlock`, `Embeddings`).
    case neighbours
    /// Normal, all of one deviation, as BERT's.
    case normal
    /// Weights and biases of dense layers uniform within ±1/√inputs, as PyTorch's begin, and as in published programs for the Long
    /// Range Arena (mlpen/Nystromformer, LRA/code/model.py); embeddings normal.
    case uniform
}

/// What stands between a sequence and its classes.
public enum SequenceHead: String, Sendable, Codable, CaseIterable {
    /// That of the family, as its class of transformers has it.
    case family
    /// tanh of a dense layer, as BERT's, which sentence order trains.
    case pooler
    /// GELU of a dense layer, as YOSO's.
    case dense
}

/// Everything that fixes the shape and the behaviour of a BERT-style encoder.
public struct EncoderOptions: Configurable {
    /// Number of encoder blocks.
    public var layers: Int
    /// Hidden width of every token.
    public var width: Int
    /// Attention heads; divides `width`.
    public var heads: Int
    /// Width of the feed-forward layer.
    public var intermediate: Int
    /// Number of ids of the vocabulary; 0 until a tokenizer has said it.
    public var vocabulary: Int
    /// Longest sequence, in tokens.
    public var positions: Int
    /// Tokens that a sequence may have: not more than there are positions, nor than the attention takes.
    public var longest: Int { min(positions, attention.lengthLimit ?? .max) }
    /// Said where `attentionDropout` drops nothing, and whoever compares attentions would have it of softmax alone.
    public var noteOnDropout: String? {
        guard attentionDropout > 0, !attention.dropsWeights else { return nil }
        return "model.attentionDropout is \(attentionDropout), and \(attention.name) has no softmax weights to drop"
    }
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
    // A value that is there changes the identity of a run, so that nil stands for what was before there was a choice.
    /// nil is GELU by erf.
    public var activation: GeluForm?
    /// nil is post.
    public var norm: NormPlacement?
    /// nil is first.
    public var pooling: Pooling?
    /// nil is neighbours.
    public var initialization: Initialization?
    /// Whether a norm follows the sum of embeddings; nil is true.
    public var embeddingNorm: Bool?
    /// nil is family.
    public var head: SequenceHead?

    /// Of the size of BERT-base.
    public init() { self.init(layers: 12, width: 768, heads: 12, intermediate: 3072, vocabulary: 0) }

    public static var options: [Option<Self>] {
        Option("layers", \.layers, 1...1000, "encoder blocks").required
        Option("width", \.width, 1...65536, "hidden width of a token").required
        Option("heads", \.heads, 1...1024, "attention heads; divides the width").required
        Option("intermediate", \.intermediate, 1...1_000_000, "width of the feed-forward layer").required
        Option("positions", \.positions, 1...1_000_000, "longest sequence in tokens")
        Option(
            "vocabulary", \.vocabulary, .integer(1...10_000_000, orZeroAs: "auto"),
            "word embeddings; auto: one an id, or the checkpoint's")
        Option.group("", \.attention)
        Option("dropout", \.dropout, 0...0.99, "probability of dropping an element of a layer")
        Option("attentionDropout", \.attentionDropout, 0...0.99, "probability of dropping a softmax weight")
        Option("normEpsilon", \.normEpsilon, 1e-30...1, "epsilon of the layer norms")
        Option("initializerRange", \.initializerRange, 0...10, "standard deviation of initial weights")
        Option(
            "initialization", \.initialization, .oneOf(nilAs: .neighbours),
            "first weights: neighbours (heads look at neighbours), normal (as BERT's), or uniform (as PyTorch's dense layers)"
        )
        Option("norm", \.norm, .oneOf(nilAs: .post), "norms behind residual sums, as BERT's, or in front of layers")
        Option("embeddingNorm", \.embeddingNorm, .boolean(nilAs: true), "whether a norm follows the sum of embeddings")
        Option("pooling", \.pooling, .oneOf(nilAs: .first), "what stands for a sequence: the first token, or a mean")
        Option(
            "head", \.head, .oneOf(nilAs: .family),
            "layer in front of the classes: family (as BERT or YOSO has it), pooler (which sentence order trains), or dense"
        )
    }

    public var family: ModelFamily { attention.family }

    /// Whether heads begin with a look at a neighbour.
    public var looksAtNeighbours: Bool { (initialization ?? .neighbours) == .neighbours }

    /// What the weights of a dense layer of so many inputs begin as, where nothing is said of that layer.
    func weights(of inputs: Int) -> Parameter.Initialization {
        initialization == .uniform ? .uniform(1 / Float(inputs).squareRoot()) : .normal(initializerRange)
    }

    /// What the biases of such a layer begin as.
    func biases(of inputs: Int) -> Parameter.Initialization {
        initialization == .uniform ? .uniform(1 / Float(inputs).squareRoot()) : .zeros
    }

    /// Whether a pooler is in front of the classes of a sequence.
    public var hasPooler: Bool { head.map { $0 == .pooler } ?? (family == .bert) }

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
