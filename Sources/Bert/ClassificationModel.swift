import Autograd

/// An encoder with a classifier on `[CLS]`, or on the mean of all hidden states: logits [sequences, classes], or one column for regression.
///
/// BERT: classifier(dropout(tanh(pooler))), as `BertForSequenceClassification`. YOSO has no pooler:
/// out_proj(dropout(gelu(dense(dropout(h[CLS]))))), as `YosoForSequenceClassification`.
public struct ClassificationModel: Sendable {
    public let encoder: Encoder
    /// Classes, or 1 for regression.
    public let outputs: Int
    private let head: Head
    private let dropout: Float

    private enum Head: Sendable {
        case bert(Pooler, Dense)
        case yoso(Dense, Dense)
    }

    public var options: EncoderOptions { encoder.options }

    public init(_ options: EncoderOptions, outputs: Int, dropout: Float? = nil, _ layout: ParameterLayout) {
        encoder = Encoder(options, layout)
        self.outputs = outputs
        self.dropout = dropout ?? options.dropout
        let (width, deviation) = (options.width, options.initializerRange)
        let scope = layout.scope("classifier")
        switch options.family {
        case .bert:
            head = .bert(
                Pooler(options, layout.scope("bert.pooler")),
                Dense(scope, from: width, to: outputs, deviation: deviation))
        case .yoso:
            head = .yoso(
                Dense(scope["dense"], from: width, to: width, deviation: deviation),
                Dense(scope["out_proj"], from: width, to: outputs, deviation: deviation))
        }
    }

    public func logits(_ tokens: PackedTokens, _ tape: Tape) -> Variable {
        let (pooled, layout) = encoder.pooled(tokens, tape)
        switch head {
        case .bert(let pooler, let classifier):
            return classifier(pooler(pooled).dropout(dropout, layout))
        case .yoso(let dense, let projection):
            let activation = dense(pooled.dropout(dropout, layout)).gelu(options.activation ?? .erf)
            return projection(activation.dropout(dropout, layout))
        }
    }
}
