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

    /// The most tokens of a sequence; nil for any number.
    public var lengthLimit: Int? {
        switch self {
        case .linformer(_, let length): length
        case .gfsa(_, let inner): inner.lengthLimit
        default: nil
        }
    }

    /// Pairs of a query and what it is compared with, in a sequence of `length` tokens; 0 where there are no such products.
    public func pairs(length: Int) -> Int {
        switch self {
        case .softmax, .yosoExpectation: length * length
        case .local(let window): length * min(length, 2 * window + 1)
        case .linformer(let rank, _): length * rank
        case .nystrom(let landmarks, _): 2 * length * min(length, landmarks)
        case .mra(let blocks, _): length * min(length, 32 * blocks)
        case .gfsa(_, let inner): 2 * inner.pairs(length: length)
        case .yoso, .linear, .performer, .none: 0
        }
    }

    /// What stands against this choice for heads of `headWidth`, by the key of a recipe below `model`.
    public func problems(headWidth: Int) -> [(key: String, text: String)] {
        switch self {
        case .yosoExpectation(let options): return Self.problems(bits: options.bits)
        case .yoso(let options):
            let width = headWidth > 128 ? [("heads", "makes heads \(headWidth) wide; yoso hashes at most 128")] : []
            let hashes = options.hashes < 1 ? [("attention.hashes", "is \(options.hashes); wanted at least 1")] : []
            return width + hashes + Self.problems(bits: options.bits)
                + Self.problems(convolution: options.convolution)
        case .nystrom(_, let convolution): return Self.problems(convolution: convolution)
        case .gfsa(_, let inner): return inner.problems(headWidth: headWidth)
        default: return []
        }
    }

    private static func problems(bits: Int?) -> [(key: String, text: String)] {
        guard let bits, !(1...16).contains(bits) else { return [] }
        return [("attention.bits", "is \(bits); wanted 1 to 16")]
    }

    private static func problems(convolution: Int?) -> [(key: String, text: String)] {
        guard let convolution, convolution < 1 || convolution % 2 == 0 else { return [] }
        return [("attention.convolution", "is \(convolution); wanted an odd width")]
    }

    /// How many times larger than those of softmax the output weights of a block begin: a head of YOSO gives a row of length 1,
    /// whatever its values are, of entries about √d / 2 times smaller than means of values.
    public func outputScale(headWidth: Int) -> Float {
        switch self {
        case .yoso, .yosoExpectation: Float(headWidth).squareRoot() / 2
        case .gfsa(_, let inner): inner.outputScale(headWidth: headWidth)
        default: 1
        }
    }
}
