import Autograd

/// norm(gelu(x Wᵀ + b)) Eᵀ + b', with E the word embeddings (Devlin et al. 2019, section 3.1).
public struct MaskedLanguageModelHead: Sendable {
    private let transform: Dense
    private let norm: LayerNorm
    /// What the logit of every word begins with, [vocabulary].
    public let bias: Parameter
    private let words: Parameter
    private let activation: GeluForm

    /// - Parameter width: of the hidden states; nil for that of the words.
    public init(_ options: EncoderOptions, from width: Int? = nil, words: Parameter, _ scope: ParameterScope) {
        bias = scope.vector("bias", options.vocabulary)
        let transformScope = scope["transform"]
        transform = Dense(transformScope["dense"], from: width ?? options.width, to: options.width, options)
        norm = LayerNorm(transformScope["LayerNorm"], width: options.width, epsilon: options.normEpsilon)
        self.words = scope.tied(words)
        activation = options.activation ?? .erf
    }

    /// weight · Σ -log p(label) over the given rows of the hidden states; the rest is never looked at.
    public func loss(_ hidden: Variable, rows: [Int32], labels: [Int32], weight: Float) -> Loss {
        norm(transform(hidden.gatherRows(rows)).gelu(activation)).tiedCrossEntropy(words, bias, labels, weight: weight)
    }

    /// The same, and a word of each row's distribution: where its sum over the vocabulary exceeds the row's number in 0 ..< 1.
    public func lossAndSamples(
        _ hidden: Variable, rows: [Int32], labels: [Int32], weight: Float, _ uniforms: [Float]
    ) -> (loss: Loss, samples: [Int32]) {
        norm(transform(hidden.gatherRows(rows)).gelu(activation))
            .tiedCrossEntropy(words, bias, labels, weight: weight, sampling: uniforms)
    }
    /// Logits [rows, vocabulary] at the given rows.
    public func logits(_ hidden: Variable, rows: [Int32]) -> Variable {
        norm(transform(hidden.gatherRows(rows)).gelu(activation)).linear(words, bias)
    }
}
