/// How backward computes dE/dx of the collision probability E of a query and a key with cosine x.
public enum CollisionGradient: String, Sendable, Equatable, Codable, CaseIterable {
    /// `τ (1 - arccos x / π)^(τ-1) / (π √(1-x²))`, the derivative itself.
    case exact
    /// `(τ/2) E`, the paper's lower bound (section 3.2): at most 0.91 of it, and finite at `x = 1`.
    case lowerBound
}

/// Options of YOSO-E.
public struct YosoExpectationOptions: Sendable, Equatable, Codable {
    /// τ, bits a hash code (1 ... 16): the temperature of the kernel.
    public var bits: Int
    public var gradient: CollisionGradient

    public init(bits: Int = 9, gradient: CollisionGradient = .lowerBound) {
        self.bits = bits
        self.gradient = gradient
    }
}

/// Options of YOSO by sampling.
public struct YosoOptions: Sendable, Equatable, Codable {
    public enum Hash: String, Sendable, Equatable, Codable, CaseIterable {
        /// H D₃ H D₂ H D₁ x: d log d operations a row for ⌊d / τ⌋ hashes, and slightly fewer collisions than by Gaussian planes.
        case hadamard
        /// Random hyperplanes, which collide exactly as the expectation says.
        case gaussian
    }

    /// What stands in for the random hashes outside of training, where a result must not differ from call to call.
    public enum Evaluation: Sendable, Equatable, Codable {
        /// YOSO-E, quadratic in length.
        case expectation
        /// So many hashes that are drawn once and for all; nil for as many as in training.
        case sampled(Int?)
    }

    /// m, hashes a training pass.
    public var hashes: Int
    /// τ, bits a hash code (1 ... 16); nil for log₂ of each sequence's length.
    public var bits: Int?
    public var hash: Hash
    public var gradient: CollisionGradient
    /// Odd width of a convolution of the values over tokens that is added to the output, a kernel a head; nil for none.
    public var convolution: Int?
    public var evaluation: Evaluation

    public init(
        hashes: Int = 32, bits: Int? = 9, hash: Hash = .hadamard, gradient: CollisionGradient = .lowerBound,
        convolution: Int? = nil, evaluation: Evaluation = .sampled(nil)
    ) {
        self.hashes = hashes
        self.bits = bits
        self.hash = hash
        self.gradient = gradient
        self.convolution = convolution
        self.evaluation = evaluation
    }

    /// τ of a sequence of `length` tokens.
    func bits(of length: Int) -> Int {
        if let bits { return bits }
        let floor = Int.bitWidth - 1 - max(1, length).leadingZeroBitCount
        return min(16, max(1, floor))
    }
}
