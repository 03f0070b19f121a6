import Autograd

/// An encoder with a classifier on `[CLS]`, or on the mean of all hidden states: logits [sequences, classes], or one column for regression.
///
/// BERT: classifier(dropout(tanh(pooler))), as `BertForSequenceClassification`. YOSO has no pooler:
/// out_proj(dropout(gelu(dense(dropout(h[CLS]))))), as `YosoForSequenceClassification`. Documents of the Long Range Arena have the
/// latter's two layers whatever the attention, over the pooled document, or over `[a; b; a ∘ b; a - b]` of two, each of which
/// the one encoder has read alone.
public struct ClassificationModel: Sendable {
    public let encoder: Encoder
    /// Classes, or 1 for regression.
    public let outputs: Int
    private let head: Head
    private let dropout: Float
    /// Of a row, 1 or 2, of which the second has the segment 1; nil for the head of the family.
    public let documents: Int?

    private enum Head: Sendable {
        case bert(Pooler, Dense)
        case yoso(Dense, Dense)
    }

    public var options: EncoderOptions { encoder.options }

    public init(
        _ options: EncoderOptions, outputs: Int, dropout: Float? = nil, documents: Int? = nil, _ layout: ParameterLayout
    ) {
        encoder = Encoder(options, layout)
        self.outputs = outputs
        self.dropout = dropout ?? options.dropout
        self.documents = documents
        let (width, deviation) = (options.width, options.initializerRange)
        let scope = layout.scope("classifier")
        if let documents {
            let (inputs, inner) = (documents == 2 ? 4 * width : width, options.intermediate)
            head = .yoso(
                Dense(scope["dense"], from: inputs, to: inner, deviation: deviation),
                Dense(scope["out_proj"], from: inner, to: outputs, deviation: deviation))
            return
        }
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
        let (pooled, layout) = documents == 2 ? pooledPairs(tokens, tape) : encoder.pooled(tokens, tape)
        switch head {
        case .bert(let pooler, let classifier):
            return classifier(pooler(pooled).dropout(dropout, layout))
        case .yoso(let dense, let projection):
            let activation = dense(pooled.dropout(dropout, layout)).gelu(options.activation ?? .erf)
            return projection(activation.dropout(dropout, layout))
        }
    }

    private func pooledPairs(_ pairs: PackedTokens, _ tape: Tape) -> (rows: Variable, layout: BatchLayout) {
        (encoder.pooled(pairs.documents, tape).rows.pairFeatures(), pairs.layout.pooled)
    }
}
