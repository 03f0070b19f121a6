import Attention

/// The Hugging Face architecture whose names and shapes a model takes, fixed by its attention.
public enum ModelFamily: String, Sendable, Equatable {
    case bert, yoso

    /// Where position 0 lies in the position table: YOSO's has two unused rows in front
    /// (transformers, `YosoEmbeddings`).
    public var firstPosition: Int { self == .yoso ? 2 : 0 }
}

extension EncoderOptions {
    public var family: ModelFamily {
        attention.family
    }
}

extension AttentionChoice {
    fileprivate var family: ModelFamily {
        switch self {
        case .yosoExpectation, .yoso: .yoso
        case .softmax, .normalizedSoftmax, .none, .linear, .performer, .linformer, .nystrom, .local, .mra: .bert
        case .gfsa(_, let inner), .convolved(_, let inner): inner.family
        }
    }
}
