import CKernels

/// The numbers that dense layers multiply. Weights, sums, norms, softmax and the optimizer are float32 in either.
public enum Precision: String, Sendable, Codable, CaseIterable {
    case fp32
    /// Operands rounded to eight bits of significand, products summed in float32.
    case bf16

    /// Whether this CPU has the instructions.
    public var isAvailable: Bool { self == .fp32 || ck_has_bf16() == 1 }
}
