import Attention

/// The attentions that benches time, with the settings that fit a length.
public struct TimedAttentions {
    let length: Int
    let hashes: Int

    public init(length: Int, hashes: Int = 32) {
        (self.length, self.hashes) = (length, hashes)
    }

    /// ⌊log₂⌋ of the length, as bits of a hash code.
    private var bits: Int { max(1, min(16, Int.bitWidth - 1 - length.leadingZeroBitCount)) }

    /// By name; `conditional` has one bit less than the length, so that chance alone lets a query meet two keys a hash, and
    /// `budget` at most 128 pairs a query, or four a hash.
    public var all: [(name: String, choice: AttentionChoice)] {
        [
            ("softmax", .softmax), ("normalizedSoftmax", .normalizedSoftmax),
            ("yosoExpectation", .yosoExpectation(YosoExpectationOptions(bits: bits))),
            ("massExpectation", .yosoExpectation(YosoExpectationOptions(bits: 16, normalization: .mass))),
            ("yoso", .yoso(YosoOptions(hashes: hashes, bits: bits))),
            ("conditional", .yoso(conditional(bits: max(1, bits - 1), pairs: nil))),
            ("budget", .yoso(conditional(bits: nil, pairs: max(128, 4 * hashes)))), ("none", .none),
            ("linear", .linear), ("performer", .performer(features: 256)),
            ("linformer", .linformer(rank: 256, length: length)), ("nystrom", .nystrom(landmarks: 64)),
            ("local", .local(window: 64)), ("mra", .mra(blocks: 4, isSparse: false)),
            ("mra-sparse", .mra(blocks: 4, isSparse: true)), ("gfsa", .gfsa(order: 3, over: .softmax)),
        ]
    }

    public static var names: [String] { TimedAttentions(length: 1).all.map(\.name) }

    /// Nil for an unknown name.
    public subscript(_ name: String) -> AttentionChoice? { all.first { $0.name == name }?.choice }

    /// Of a kernel of 16 bits, by mass.
    private func conditional(bits: Int?, pairs: Int?) -> YosoOptions {
        YosoOptions(
            hashes: hashes, bits: bits, estimator: .conditional, kernelBits: 16, normalization: .mass, pairs: pairs)
    }
}
