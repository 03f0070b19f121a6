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

    /// What stands against heads of `headWidth`, for a choice that no recipe has checked; nil where nothing does.
    public func problem(headWidth: Int) -> String? {
        switch self {
        case .yosoExpectation(let options): Self.problem(bits: options.bits)
        case .yoso(let options):
            if headWidth > 128 {
                "heads \(headWidth) wide; yoso hashes at most 128"
            } else if options.hashes < 1 {
                "\(options.hashes) hashes; wanted at least 1"
            } else {
                options.bits.flatMap(Self.problem) ?? Self.problem(convolution: options.convolution)
            }
        case .nystrom(_, let convolution): Self.problem(convolution: convolution)
        case .gfsa(_, let inner): inner.problem(headWidth: headWidth)
        default: nil
        }
    }

    private static func problem(bits: Int) -> String? {
        (1...16).contains(bits) ? nil : "\(bits) bits a hash; wanted 1 to 16"
    }

    private static func problem(convolution: Int?) -> String? {
        convolution.flatMap { $0 > 0 && $0 % 2 == 1 ? nil : "a convolution of \($0) tokens; wanted an odd width" }
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
