/// How a tokenized corpus becomes pretraining examples.
public struct ExampleOptions: Sendable, Equatable, Codable {
    /// Tokens of a full example, `[CLS]` and `[SEP]` included.
    public var length: Int
    /// Share of examples that are packed to a shorter length drawn uniformly (BERT's 10%).
    public var shortShare: Double
    /// Whether an example is a pair of consecutive segments, swapped half of the time (ALBERT's SOP).
    public var sentenceOrder: Bool
    public var masking: MaskingOptions

    public init(
        length: Int = 128, shortShare: Double = 0.1, sentenceOrder: Bool = true, masking: MaskingOptions = .init()
    ) {
        self.length = length
        self.shortShare = shortShare
        self.sentenceOrder = sentenceOrder
        self.masking = masking
    }
}

/// Which tokens are predicted, and what stands in their place (Devlin et al. 2019, section 3.1).
public struct MaskingOptions: Sendable, Equatable, Codable {
    /// What is masked as one: a piece, all pieces of a word, or a span of words of geometric length (SpanBERT).
    public enum Unit: String, Sendable, Equatable, Codable, CaseIterable {
        case token, word, span
    }

    /// Share of the tokens (specials excluded) that are predicted.
    public var share: Double
    public var unit: Unit
    /// Of the predicted: share replaced by `[MASK]`.
    public var replacedByMask: Double
    /// Of the predicted: share replaced by a random token; the rest stays as it is.
    public var replacedByRandom: Double

    public init(
        share: Double = 0.15, unit: Unit = .token, replacedByMask: Double = 0.8, replacedByRandom: Double = 0.1
    ) {
        self.share = share
        self.unit = unit
        self.replacedByMask = replacedByMask
        self.replacedByRandom = replacedByRandom
    }
}
