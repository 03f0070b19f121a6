/// The kind of numbers that weights are stored as: float32, or one of the two of 16 bits.
public enum WeightPrecision: String, Sendable, CaseIterable {
    case bf16, fp16, fp32

    var type: ElementType {
        switch self {
        case .bf16: .bfloat16
        case .fp16: .float16
        case .fp32: .float32
        }
    }

    /// The nearest number of this kind, of two that are equally near the one with an even last bit (IEEE 754, 4.3.1); infinite
    /// beyond the largest.
    public func rounded(_ x: Float) -> Float { self == .fp32 ? x : value(bits(x)) }

    /// The 16 bits of `rounded(x)` of a number x.
    private func bits(_ x: Float) -> UInt16 {
        guard self == .fp16 else {
            return UInt16((x.bitPattern + 0x7FFF + (x.bitPattern >> 16 & 1)) >> 16)
        }
        let (sign, magnitude) = (UInt16(x.bitPattern >> 16 & 0x8000), x.magnitude)
        // Below 2⁻¹⁴ halves are multiples of 2⁻²⁴, to which the sum with a half rounds.
        let isSubnormal = magnitude < Float(sign: .plus, exponent: -14, significand: 1)
        guard !isSubnormal else { return sign | UInt16((magnitude + 0.5).bitPattern - Float(0.5).bitPattern) }
        // The exponents' zeros are 112 apart, and 65,520 rounds to infinity.
        let shifted = magnitude.bitPattern - 112 << 23
        return sign | UInt16(min(0x7C00, (shifted + 0xFFF + (shifted >> 13 & 1)) >> 13))
    }

    /// The number of these 16 bits; `Float16` does not exist on every platform.
    func value(_ bits: UInt16) -> Float {
        guard self == .fp16 else { return Float(bitPattern: UInt32(bits) << 16) }
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Float(bits & 0x3FF) / 1024
        return switch exponent {
        case 0: sign * fraction * Float(sign: .plus, exponent: -14, significand: 1)
        case 31: fraction == 0 ? sign * .infinity : .nan
        default: sign * (1 + fraction) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }

    /// Writes the nearest numbers of this kind, a part at a time.
    func write(_ values: UnsafeBufferPointer<Float>, to file: OutputFile) throws {
        guard self != .fp32 else { return try file.write(UnsafeRawBufferPointer(values)) }
        for start in stride(from: 0, to: values.count, by: 1 << 16) {
            let part = values[start..<min(start + 1 << 16, values.count)].map { bits($0).littleEndian }
            try part.withUnsafeBytes { try file.write($0) }
        }
    }
}
