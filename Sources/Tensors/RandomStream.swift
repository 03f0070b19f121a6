import CKernels

/// A counter-based stream of random numbers: number i is a pure function of (key, i), so that a result depends on the
/// seed, the step and the sequence it belongs to, never on the thread that drew it.
public struct RandomStream: Sendable, Hashable {
    public let key: UInt64

    /// The constant is not that of `stream`: with one for both, seed a's stream b would be seed b's stream a.
    public init(seed: UInt64) { key = Self.mix(seed &+ 0xD1B5_4A32_D192_ED03) }

    private init(key: UInt64) { self.key = key }

    /// An independent stream for one part of the work: a step, an operation, a sequence.
    public func stream(_ index: UInt64) -> RandomStream {
        RandomStream(key: Self.mix(key ^ Self.mix(index &+ 0x9E37_79B9_7F4A_7C15)))
    }

    /// An independent stream for a name.
    public func stream(_ name: String) -> RandomStream {
        stream(name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
    }

    /// Number `index` of the stream, uniform over 32 bits.
    public func word(_ index: UInt32) -> UInt32 { ck_random_word(key, index) }

    /// Number `index` of the stream, uniform in (0, 1).
    public func uniform(_ index: UInt32) -> Double { (Double(word(index)) + 0.5) / 4_294_967_296 }

    /// SplitMix64's finalizer (Steele, Lea & Flood 2014): a bijection in which every input bit reaches every output bit.
    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
