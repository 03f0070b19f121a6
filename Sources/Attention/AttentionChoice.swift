/// Which self-attention an encoder uses, with its options: one case a folder of this target.
public enum AttentionChoice: Sendable, Equatable, Codable {
    /// `softmax(Q Kᵀ / √d) V`, tiled (Vaswani et al. 2017, section 3.2.1).
    case softmax
    /// YOSO-E, the expectation of Bernoulli sampling by LSH (Zeng et al., ICML 2021, section 3).
    case yosoExpectation(YosoExpectationOptions)
    /// YOSO-m, Bernoulli sampling by LSH, linear in length (Zeng et al., ICML 2021, section 3).
    case yoso(YosoOptions)
}
