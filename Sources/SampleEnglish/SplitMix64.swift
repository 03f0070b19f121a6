/// state += 0x9E3779B97F4A7C15; output = mix(state): the same numbers for the same seed, on every platform.
///
/// Swift's own generator cannot be seeded, and `Array.randomElement(using:)` may change between Swift releases, so
/// both the stream and the way a choice is drawn from it are written out here.
/// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators", and Vigna's splitmix64.c.
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in 0 ..< bound: the high half of the product (Lemire 2019); its bias of bound / 2^64 is nothing here.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True with the given probability.
    mutating func chance(_ probability: Double) -> Bool {
        Double(next() >> 11) * 0x1p-53 < probability
    }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[below(choices.count)]
    }

    /// Fisher-Yates, from the end.
    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for last in stride(from: elements.count - 1, to: 0, by: -1) {
            elements.swapAt(last, below(last + 1))
        }
    }

    /// A generator of its own for the part numbered `index`, so that parts can be made in any order.
    func forked(_ index: Int) -> SplitMix64 {
        var mixed = SplitMix64(seed: state ^ (UInt64(index) &* 0xD1B5_4A32_D192_ED03))
        return SplitMix64(seed: mixed.next())
    }
}
