/// Which self-attention an encoder uses, with its options: one case a folder of this target.
public enum AttentionChoice: Sendable, Equatable, Codable {
    /// `softmax(Q Kᵀ / √d) V`, tiled (Vaswani et al. 2017, section 3.2.1).
    case softmax
    /// YOSO-E, the expectation of Bernoulli sampling by LSH (Zeng et al., ICML 2021, section 3).
    case yosoExpectation(YosoExpectationOptions)
}

/// Options of YOSO-E.
public struct YosoExpectationOptions: Sendable, Equatable, Codable {
    /// How `dE/dx` is computed in backward.
    public enum Gradient: String, Sendable, Equatable, Codable, CaseIterable {
        /// `τ (1 - arccos x / π)^(τ-1) / (π √(1-x²))`, the derivative itself.
        case exact
        /// `(τ/2) E`, the paper's lower bound (section 3.2): stable near `x = 1`.
        case lowerBound
    }

    /// τ, bits a hash code (1 ... 16): the temperature of the kernel.
    public var bits: Int
    public var gradient: Gradient

    public init(bits: Int = 9, gradient: Gradient = .lowerBound) {
        self.bits = bits
        self.gradient = gradient
    }
}
