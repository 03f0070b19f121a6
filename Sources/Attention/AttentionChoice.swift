/// Which self-attention an encoder uses, with its options: one case a folder of this target.
public enum AttentionChoice: Sendable, Equatable, Codable {
    /// `softmax(Q Kᵀ / √d) V`, tiled (Vaswani et al. 2017, section 3.2.1).
    case softmax
    /// `softmax(T Q̂ K̂ᵀ) V` of queries and keys of length 1, with a learned temperature T a head (Henry et al. 2020).
    case normalizedSoftmax
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
    /// Landmarks and a pseudo-inverse (Nyströmformer, Xiong et al. 2021).
    case nystrom(landmarks: Int)
    /// Tokens at most `window` away, and the first (Longformer, Beltagy et al. 2020).
    case local(window: Int)
    /// Exact in the blocks that matter, coarse or nothing elsewhere (MRA-2, Zeng et al. 2022).
    case mra(blocks: Int, isSparse: Bool)
    /// A filter of this order over any other (GFSA, Choi et al. 2024).
    indirect case gfsa(order: Int, over: AttentionChoice)
    /// Any other, with a convolution of the values over tokens beside it, of odd width and a kernel a head (YOSO-C, Zeng et al.
    /// 2021, section 4; Nyströmformer).
    indirect case convolved(width: Int, beside: AttentionChoice)

    /// The most tokens of a sequence; nil for any number.
    public var lengthLimit: Int? {
        switch self {
        case .linformer(_, let length): length
        case .gfsa(_, let inner), .convolved(_, let inner): inner.lengthLimit
        default: nil
        }
    }

    /// Pairs of a query and what it is compared with, in a sequence of `length` tokens; 0 where there are no such products.
    public func pairs(length: Int) -> Int {
        switch self {
        case .softmax, .normalizedSoftmax, .yosoExpectation: length * length
        case .local(let window): length * min(length, 2 * window + 1)
        case .linformer(let rank, _): length * rank
        case .nystrom(let landmarks): 2 * length * min(length, landmarks)
        case .mra(let blocks, _): length * min(length, 32 * blocks)
        case .gfsa(_, let inner): 2 * inner.pairs(length: length)
        case .convolved(_, let inner): inner.pairs(length: length)
        case .yoso, .linear, .performer, .none: 0
        }
    }

    /// How many times larger than those of softmax the output weights of a block begin.
    public func outputScale(headWidth: Int) -> Float {
        switch self {
        case .yoso(let options): options.normalization.outputScale(headWidth: headWidth)
        case .yosoExpectation(let options): options.normalization.outputScale(headWidth: headWidth)
        case .gfsa(_, let inner), .convolved(_, let inner): inner.outputScale(headWidth: headWidth)
        default: 1
        }
    }
}
