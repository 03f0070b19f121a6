import Options

/// How a tokenized corpus becomes pretraining examples.
public struct ExampleOptions: Configurable {
    /// Tokens of a full example, `[CLS]` and `[SEP]` included.
    public var length: Int = 128
    /// Share of examples that are packed to a shorter length drawn uniformly (BERT's 10%).
    public var shortShare: Double = 0.1
    /// Whether an example is a pair of consecutive segments, swapped half of the time (ALBERT's SOP).
    public var sentenceOrder: Bool = true
    /// Where such an example ends; nil for anywhere, as runs of earlier programs.
    public var pairEnds: PairEnds? = .words
    public var masking: MaskingOptions = MaskingOptions()

    /// Where an example of a pair ends, and the next one begins.
    public enum PairEnds: String, Sendable, Equatable, Codable, CaseIterable {
        /// Where its segments are divided: at paragraphs and, where none begins nearby, at words, so that no edge tells their order.
        case words
        /// At its full length, inside of words and sentences, by which the first segment is known from the second.
        case anywhere
    }

    public init() {}

    public static var options: [Option<Self>] {
        Option("length", \.length, 8...65535, "tokens of a full example")
        Option("shortShare", \.shortShare, .share, "share of examples packed to a shorter random length")
        Option("sentenceOrder", \.sentenceOrder, "pairs of segments, half of them swapped, to tell apart")
        Option(
            "pairEnds", \.pairEnds, .oneOf(nilAs: .anywhere),
            "where pairs end: words, as where they are divided, so that no edge tells their order; anywhere, as earlier versions did"
        )
        Option.group("masking", \.masking)
    }

}

/// Which tokens are predicted, and what stands in their place (Devlin et al. 2019, section 3.1).
public struct MaskingOptions: Configurable {
    /// What is masked as one: a piece, all pieces of a word, or a span of words of geometric length (SpanBERT).
    public enum Unit: String, Sendable, Equatable, Codable, CaseIterable {
        case token, word, span
    }

    /// Share of the tokens (specials excluded) that are predicted.
    public var share: Double = 0.15
    public var unit: Unit = .token
    /// Of the predicted: share replaced by `[MASK]`.
    public var replacedByMask: Double = 0.8
    /// Of the predicted: share replaced by a random token; the rest stays as it is.
    public var replacedByRandom: Double = 0.1

    public init() {}

    public static var options: [Option<Self>] {
        Option("share", \.share, .share, "share of tokens that is predicted")
        Option(
            "unit", \.unit,
            "what is masked as one; a word too long for a sequence's share is passed over, one of over 16 pieces masked by the piece"
        )
        Option("replacedByMask", \.replacedByMask, .share, "share of the predicted tokens that is shown as [MASK]")
        Option(
            "replacedByRandom", \.replacedByRandom, .share,
            "share of the predicted tokens that is shown as another token")
    }

}
