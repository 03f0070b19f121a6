import Autograd
import Options
import Tensors

/// How backward computes dE/dx of the kernel E of a query and a key with cosine x.
public enum CollisionGradient: String, Sendable, Equatable, Codable, CaseIterable {
    /// `T (1 - arccos x / π)^(T-1) / (π √(1-x²))`, the derivative itself.
    case exact
    /// `(T/2) E`, the paper's lower bound (section 3.2): at most 0.91 of it, and finite at `x = 1`.
    case lowerBound
}

/// What the sum S_i = Σ_j W_ij V_j is divided by.
public enum YosoNormalization: String, Sendable, Equatable, Codable, CaseIterable {
    /// |S_i|, the paper's (section 3.3).
    case l2
    /// Σ_j W_ij, so that a row is a mean of values as softmax's is.
    case mass
}

/// Options of YOSO-E, the expectation of Bernoulli sampling by LSH (Zeng et al., ICML 2021, section 3).
public struct YosoExpectationOptions: AttentionKind {
    /// τ, bits a hash code: the temperature of the kernel.
    public var bits: Int = 9
    public var gradient: CollisionGradient = .lowerBound
    public var normalization: YosoNormalization = .l2

    public init() {}

    public init(
        bits: Int = Self().bits, gradient: CollisionGradient = Self().gradient,
        normalization: YosoNormalization = Self().normalization
    ) {
        self.bits = bits
        self.gradient = gradient
        self.normalization = normalization
    }

    /// Checkpoints of before there were others have the paper's.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        bits = try values.decode(Int.self, forKey: .bits)
        gradient = try values.decode(CollisionGradient.self, forKey: .gradient)
        normalization = try values.decodeIfPresent(YosoNormalization.self, forKey: .normalization) ?? .l2
    }

    public static let name = "yosoExpectation"
    public static var family: ModelFamily { .yoso }
    public static var options: [Option<Self>] {
        Option("bits", \.bits, 1...64, "bits of the kernel, its temperature; the paper has 9")
        Option("gradient", \.gradient, "form of the derivative; the paper has lowerBound")
        Option(
            "normalization", \.normalization,
            "what sums are divided by: l2 (their length, as in the paper), or mass (that of the weights)")
    }

    public func pairs(length: Int) -> Int { length * length }
    public var comparesAskedRowsAlone: Bool { true }
    public func outputScale(headWidth: Int) -> Float { normalization.outputScale(headWidth: headWidth) }

    /// Tokens of a sequence are numbered in 16 bits there.
    public var lengthLimitOnDevice: Int? { 1 << 16 }

    public func problemOnDevice(headWidth: Int) -> String? { deviceProblem(of: YosoOptions.name, heads: headWidth) }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        YosoExpectation(shape: shape) { _ in self }
    }
}

/// Options of YOSO-m, Bernoulli sampling by LSH, linear in length (Zeng et al., ICML 2021, section 3).
public struct YosoOptions: AttentionKind {
    public enum Hash: String, Sendable, Equatable, Codable, CaseIterable {
        /// H D₃ H D₂ H D₁ x: d log d operations a row for ⌊d / τ⌋ hashes, and slightly fewer collisions than by Gaussian planes.
        case hadamard
        /// Random hyperplanes, which collide exactly as the expectation says.
        case gaussian
    }

    /// What a pair that collides weighs.
    public enum Estimator: String, Sendable, Equatable, Codable, CaseIterable {
        /// The share of hashes in which it collides (Zeng et al. 2021): the kernel is as sharp as a hash code is long.
        case counts
        /// E / P: hashes select pairs, each with probability P = 1 - (1 - s^t)^m, and what is selected is weighed exactly, so that
        /// kernel and hash have bits of their own (importance sampling by hashing: Charikar & Siminelakis,
        /// FOCS 2017).
        case conditional
    }

    /// What stands in for the random hashes outside of training, where a result must not differ from call to call.
    public enum Evaluation: Sendable, Equatable, Codable {
        /// YOSO-E, quadratic in length.
        case expectation
        /// So many hashes that are drawn once and for all; nil for as many as in training.
        case sampled(Int?)
    }

    /// m, hashes a training pass; at most 1024 of the conditional estimator.
    public var hashes: Int = 32
    /// t, bits a hash code; nil for log₂ of each sequence's length, or for what `pairs` asks for.
    public var bits: Int? = 9
    public var hash: Hash = .hadamard
    public var gradient: CollisionGradient = .lowerBound
    public var evaluation: Evaluation = .sampled(nil)
    public var estimator: Estimator = .counts
    /// T, bits of the kernel (at least `bits`, at most 64); nil for as many as a hash code has, which counts always have.
    public var kernelBits: Int? = nil
    public var normalization: YosoNormalization = .l2
    /// The most distinct keys that a query meets on average, by bits chosen for every head and sequence, where a sequence of at
    /// most so many tokens meets all; nil for no limit.
    public var pairs: Int? = nil

    public init() {}

    public init(
        hashes: Int = Self().hashes, bits: Int? = Self().bits, hash: Hash = Self().hash,
        gradient: CollisionGradient = Self().gradient, evaluation: Evaluation = Self().evaluation,
        estimator: Estimator = Self().estimator, kernelBits: Int? = Self().kernelBits,
        normalization: YosoNormalization = Self().normalization, pairs: Int? = Self().pairs
    ) {
        self.hashes = hashes
        self.bits = bits
        self.hash = hash
        self.gradient = gradient
        self.evaluation = evaluation
        self.estimator = estimator
        self.kernelBits = kernelBits
        self.normalization = normalization
        self.pairs = pairs
    }

    /// Checkpoints of before there were other estimators count.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        hashes = try values.decode(Int.self, forKey: .hashes)
        bits = try values.decodeIfPresent(Int.self, forKey: .bits)
        hash = try values.decode(Hash.self, forKey: .hash)
        gradient = try values.decode(CollisionGradient.self, forKey: .gradient)
        evaluation = try values.decode(Evaluation.self, forKey: .evaluation)
        estimator = try values.decodeIfPresent(Estimator.self, forKey: .estimator) ?? .counts
        kernelBits = try values.decodeIfPresent(Int.self, forKey: .kernelBits)
        normalization = try values.decodeIfPresent(YosoNormalization.self, forKey: .normalization) ?? .l2
        pairs = try values.decodeIfPresent(Int.self, forKey: .pairs)
    }

    public static let name = "yoso"
    public static var family: ModelFamily { .yoso }
    /// Bits of a code, which a table of sums has a row each for.
    static let hashBits = 1...16
    public static var options: [Option<Self>] {
        Option("hashes", \.hashes, 1...65535, "hashes a training pass")
        Option(
            "bits", \.bits, .integer(hashBits, or: "auto"),
            "bits of a hash code; auto is log2 of the length, or by pairs; the paper has 9")
        Option("hash", \.hash, "how codes are made")
        Option(
            "estimator", \.estimator,
            "weights of pairs that collide: counts (how often, as in the paper), or conditional (the exact weight over its probability)"
        )
        Option(
            "kernelBits", \.kernelBits, .integer(1...64, or: "auto"),
            "bits of the kernel of the conditional estimator, at least bits; auto is bits; 16 learn better")
        Option(
            "pairs", \.pairs, .integer(1...65535, or: "0"),
            "distinct keys a query meets at most on average, by bits: auto for every head; 0 for no limit")
        Option("gradient", \.gradient, "form of the derivative; the paper has lowerBound")
        Option(
            "normalization", \.normalization,
            "what sums are divided by: l2 (their length, as in the paper), or mass (that of the weights)")
        Option("evaluation", \.evaluationForm, "what evaluation computes")
        Option(
            "evaluationHashes", \.evaluationHashes, .integer(1...65535, or: "auto"),
            "hashes of a sampled evaluation; auto: as many as hashes")
    }

    /// `evaluation` without its hashes.
    enum EvaluationForm: String, CaseIterable {
        case expectation, sampled
    }

    var evaluationForm: EvaluationForm {
        get { evaluation == .expectation ? .expectation : .sampled }
        set { evaluation = newValue == .expectation ? .expectation : .sampled(evaluationHashes) }
    }

    /// The hashes of evaluation, where they are others than those of training.
    var evaluationHashes: Int? {
        get {
            guard case .sampled(let count?) = evaluation else { return nil }
            return count
        }
        set { if case .sampled = evaluation { evaluation = .sampled(newValue) } }
    }

    public func outputScale(headWidth: Int) -> Float { normalization.outputScale(headWidth: headWidth) }

    /// Tokens of a sequence are numbered in 16 bits there.
    public var lengthLimitOnDevice: Int? { 1 << 16 }

    public func problemOnDevice(headWidth: Int) -> String? {
        deviceProblem(of: Self.name, heads: headWidth)
    }

    public func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        YosoAttention(
            shape: shape, options: self, fixed: RandomStream(seed: 0).stream(scope.path("hashes")), costs: .current)
    }

    /// t of a sequence of `length` tokens, where it is not chosen by `pairs`.
    func bits(of length: Int) -> Int { bits ?? min(16, max(1, floorOfLog2(length))) }

    /// T of a sequence of `length` tokens.
    func kernelBits(of length: Int) -> Int { kernelBits ?? bits(of: length) }
}

/// ⌊log₂ n⌋ of n >= 1, and 0 below.
func floorOfLog2(_ n: Int) -> Int { Int.bitWidth - 1 - max(1, n).leadingZeroBitCount }

extension AttentionChoice {
    public static func yosoExpectation(_ options: YosoExpectationOptions) -> Self { Self(options) }
    public static func yoso(_ options: YosoOptions) -> Self { Self(options) }
}
