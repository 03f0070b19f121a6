import Autograd

/// An encoder with a classifier on `[CLS]`, or on the mean of all hidden states: logits [sequences, classes], or one column for regression.
///
/// `SequenceHead.pooler`: classifier(dropout(tanh(pooler))), as `BertForSequenceClassification`. `SequenceHead.dense`:
/// out_proj(dropout(gelu(dense(dropout(h[CLS]))))), as `YosoForSequenceClassification`. Documents of the Long Range Arena have the
/// latter's two layers whatever the options, over the pooled document, or over `[a; b; a ∘ b; a - b]` of two, each of which
/// the one encoder has read alone.
///
/// Of words it is classifier(dropout(h)) at the first token of each, [words, classes], as `BertForTokenClassification` and
/// `YosoForTokenClassification`.
public struct ClassificationModel: Sendable {
    public let encoder: Encoder
    private let head: Head
    private let dropout: Float
    /// Of a row, 1 or 2, of which the second has the segment 1; nil for the head of the options.
    public let documents: Int?

    private enum Head: Sendable {
        case pooled(Pooler, Dense)
        case dense(Dense, Dense)
        case words(Dense)
    }

    public var options: EncoderOptions { encoder.options }
    public var isOfWords: Bool { if case .words = head { true } else { false } }

    public init(
        _ options: EncoderOptions, outputs: Int, dropout: Float? = nil, documents: Int? = nil, ofWords: Bool = false,
        frozen: Int = 0, _ layout: ParameterLayout
    ) {
        var encoder = Encoder(options, layout)
        encoder.frozen = frozen
        self.encoder = encoder
        self.dropout = dropout ?? options.dropout
        self.documents = documents
        let width = options.width
        let scope = layout.scope("classifier")
        if let documents {
            let (inputs, inner) = (documents == 2 ? 4 * width : width, options.intermediate)
            head = .dense(
                Dense(scope["dense"], from: inputs, to: inner, options),
                Dense(scope["out_proj"], from: inner, to: outputs, options))
            return
        }
        if ofWords {
            head = .words(Dense(scope, from: width, to: outputs, options))
            return
        }
        head =
            options.hasPooler
            ? .pooled(
                Pooler(options, layout), Dense(scope, from: width, to: outputs, options))
            : .dense(
                Dense(scope["dense"], from: width, to: width, options),
                Dense(scope["out_proj"], from: width, to: outputs, options))
    }

    /// - Parameter words: the packed rows of their first tokens, ascending; of a classifier of words.
    public func logits(_ tokens: PackedTokens, words: [Int32] = [], _ tape: Tape) -> Variable {
        switch head {
        case .pooled(let pooler, let classifier):
            let (pooled, layout) = pooled(tokens, tape)
            return classifier(pooler(pooled).dropout(dropout, layout))
        case .dense(let dense, let projection):
            let (pooled, layout) = pooled(tokens, tape)
            let activation = dense(pooled.dropout(dropout, layout)).gelu(options.activation ?? .erf)
            return projection(activation.dropout(dropout, layout))
        case .words(let classifier):
            let kept = RowSelection(tokens.layout, firstRowsAnd: words)
            let hidden = encoder(tokens, tape, keeping: kept).dropout(dropout, kept.layout)
            return classifier(hidden.gatherRows(kept.indices(of: words)))
        }
    }

    private func pooled(_ tokens: PackedTokens, _ tape: Tape) -> (rows: Variable, layout: BatchLayout) {
        guard documents == 2 else { return encoder.pooled(tokens, tape) }
        return (encoder.pooled(tokens.documents, tape).rows.pairFeatures(), tokens.layout.pooled)
    }
}
