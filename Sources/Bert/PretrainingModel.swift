import Autograd

/// An encoder with the heads of pretraining: masked language modelling and, optionally, sentence order.
///
/// Names as `BertForPreTraining` (with sentence order), `BertForMaskedLM` (without) or `YosoForMaskedLM`.
public struct PretrainingModel: Sendable {
    public let encoder: Encoder
    private let words: MaskedLanguageModelHead
    private let order: (pooler: Pooler, classifier: Dense)?

    public var options: EncoderOptions { encoder.options }
    /// What the logit of every word begins with, [vocabulary].
    public var wordBias: Parameter { words.bias }
    public var predictsOrder: Bool { order != nil }

    public init(_ options: EncoderOptions, sentenceOrder: Bool, _ layout: ParameterLayout) {
        encoder = Encoder(options, layout)
        words = MaskedLanguageModelHead(options, words: encoder.embeddings.words, layout.scope("cls.predictions"))
        guard sentenceOrder else {
            order = nil
            return
        }
        order = (
            Pooler(options, layout.scope(options.family.rawValue)["pooler"]),
            Dense(layout.scope("cls.seq_relationship"), from: options.width, to: 2, deviation: options.initializerRange)
        )
    }

    /// The losses of one micro-batch, each already divided by the count of the whole step.
    public func loss(_ batch: PretrainingBatch, _ weights: PretrainingWeights, _ tape: Tape) -> PretrainingLoss {
        let layout = batch.tokens.layout
        let isMean = order != nil && options.pooling == .mean
        let kept = RowSelection(layout, firstRowsAnd: isMean ? (0..<Int32(layout.tokens)).map { $0 } : batch.maskedRows)
        let hidden = encoder(batch.tokens, tape, keeping: kept)
        let masked = words.loss(
            hidden, rows: kept.indices(of: batch.maskedRows), labels: batch.maskedLabels, weight: weights.masked)
        guard let order, !batch.orderLabels.isEmpty else { return PretrainingLoss(masked: masked, order: nil) }
        let firstRows = kept.layout.firstRows
        let pairs =
            isMean
            ? hidden.meanRows(kept.layout).gatherRows(batch.orderSequences)
            : hidden.gatherRows(batch.orderSequences.map { firstRows[Int($0)] })
        let ordered = order.classifier(order.pooler(pairs)).crossEntropy(batch.orderLabels, weight: weights.order)
        return PretrainingLoss(masked: masked, order: ordered)
    }

    /// Logits of the vocabulary at `rows` of the packed tokens, [rows, vocabulary].
    public func logits(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable {
        words.logits(encoder(tokens, tape), rows: rows)
    }

    /// Logits of sentence order, [sequences, 2]: class 0 in order, class 1 swapped; nil without that head.
    public func orderLogits(_ tokens: PackedTokens, _ tape: Tape) -> Variable? {
        order.map { $0.classifier($0.pooler(encoder.pooled(tokens, tape).rows)) }
    }
}

/// A packed micro-batch with what is to be predicted.
public struct PretrainingBatch: Sendable {
    public let tokens: PackedTokens
    /// Rows of the packed tokens that are predicted, ascending, and their original ids.
    public let maskedRows: [Int32]
    public let maskedLabels: [Int32]
    /// Sequences that are pairs, and whether each is swapped (1) or in order (0).
    public let orderSequences: [Int32]
    public let orderLabels: [Int32]

    public init(
        tokens: PackedTokens, maskedRows: [Int32], maskedLabels: [Int32], orderSequences: [Int32], orderLabels: [Int32]
    ) {
        self.tokens = tokens
        self.maskedRows = maskedRows
        self.maskedLabels = maskedLabels
        self.orderSequences = orderSequences
        self.orderLabels = orderLabels
    }
}

/// One over the whole step's counts: what makes losses add up to means however the step is cut.
public struct PretrainingWeights: Sendable {
    public let masked: Float
    public let order: Float

    public init(maskedCount: Int, orderCount: Int) {
        masked = 1 / Float(max(1, maskedCount))
        order = 1 / Float(max(1, orderCount))
    }
}

/// The two losses of pretraining, summed in `total`.
public struct PretrainingLoss {
    public let masked: Loss
    public let order: Loss?

    /// masked + order, the scalar that backward starts from.
    public var total: Variable { order.map { masked.variable + $0.variable } ?? masked.variable }
}
