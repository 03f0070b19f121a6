/// SplitMix64 (Steele, Lea & Flood 2014): the same numbers for the same key on every machine, and one key for every
/// place in the data, so that an example is a pure function of (seed, epoch, index).
public struct RandomSequence: Sendable {
    private var state: UInt64

    /// The sequence of a path of numbers, for example seed, purpose, epoch, index.
    public init(_ path: UInt64...) {
        state = path.reduce(0x853C_49E6_748F_EA9B) { Self.mix($0 ^ Self.mix($1 &+ 0x9E37_79B9_7F4A_7C15)) }
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// Uniform in [0, 1).
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform below `bound`, by multiplication (Lemire 2019) without the rejection, whose bias is below 2⁻³².
    public mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// Puts `elements` in a random order (Fisher & Yates); the standard library does not promise the same order forever.
    public mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(index, below(index + 1)) }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
