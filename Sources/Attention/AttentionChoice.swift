/// Which self-attention an encoder uses, with its options: one case a folder of this target.
public enum AttentionChoice: Sendable, Equatable, Codable {
    /// `softmax(Q Kᵀ / √d) V`, tiled (Vaswani et al. 2017, section 3.2.1).
    case softmax
    /// YOSO-E, the expectation of Bernoulli sampling by LSH (Zeng et al., ICML 2021, section 3).
    case yosoExpectation(YosoExpectationOptions)
    /// YOSO-m, Bernoulli sampling by LSH, linear in length (Zeng et al., ICML 2021, section 3).
    case yoso(YosoOptions)
    /// Values alone.
    case none
    /// A kernel of elu(x) + 1 (Katharopoulos et al. 2020).
    case linear
    /// Positive random features, so many (FAVOR+, Choromanski et al. 2021).
    case performer(features: Int)
    /// Keys and values mixed down to `rank` by learned weights, of at most `length` tokens (Wang et al. 2020).
    case linformer(rank: Int, length: Int)
    /// Landmarks and a pseudo-inverse, with an odd convolution width or none (Nyströmformer, Xiong et al. 2021).
    case nystrom(landmarks: Int, convolution: Int?)
    /// Tokens at most `window` away, and the first (Longformer, Beltagy et al. 2020).
    case local(window: Int)
    /// Exact in the blocks that matter, coarse or nothing elsewhere (MRA-2, Zeng et al. 2022).
    case mra(blocks: Int, isSparse: Bool)
    /// A filter of this order over any other (GFSA, Choi et al. 2024).
    indirect case gfsa(order: Int, over: AttentionChoice)

    /// Whether every head's output is a row of length 1, whatever its values are: of √d times smaller entries than values have.
    public var hasUnitOutputs: Bool {
        switch self {
        case .yoso, .yosoExpectation: true
        case .gfsa(_, let inner): inner.hasUnitOutputs
        default: false
        }
    }
}
