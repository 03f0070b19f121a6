import Checkpoints
import Foundation
import Testing

@Suite struct WeightPrecisionTests {
    /// Numbers of every size, ties and the ends of ranges among them.
    private static let numbers: [Float] = {
        let patterns = (0..<200_000).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_761) }
        let ties = (0..<2048).flatMap { index -> [UInt32] in
            let top = UInt32(index) << 20
            return [top, top | 0x1000, top | 0x3000, top | 0x8000, top | 0x18000, top | 0x17FFF, top | 0xFFF]
        }
        let ends: [Float] = [
            0, -0.0, 65_504, 65_519.9, 65_520, -65_520, 0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-14, 0x1.FFFFFEp-15,
        ]
        return (patterns + ties).map { Float(bitPattern: $0) }.filter(\.isFinite) + ends
    }()

    @Test func bfloatsAreTheNearestWithAnEvenLastBit() {
        for x in Self.numbers {
            let rounded = WeightPrecision.bf16.rounded(x)
            #expect(rounded.bitPattern & 0xFFFF == 0)
            guard rounded.isFinite else {
                #expect(x.magnitude >= Float(bitPattern: 0x7F7F_8000))
                continue
            }
            // The two around x.
            let low = Float(bitPattern: x.bitPattern & 0xFFFF_0000)
            let high = Float(bitPattern: (x.bitPattern & 0xFFFF_0000) + 0x1_0000)
            let (below, above) = ((x - low).magnitude, (high - x).magnitude)
            let isLow = below < above || below == above && low.bitPattern & 0x1_0000 == 0
            #expect(rounded.bitPattern == (isLow ? low : high).bitPattern, "\(x)")
        }
    }

    #if !(os(macOS) && arch(x86_64))
        @Test func halvesAreThoseOfTheLanguage() {
            for x in Self.numbers {
                #expect(WeightPrecision.fp16.rounded(x).bitPattern == Float(Float16(x)).bitPattern, "\(x)")
            }
        }
    #endif

    @Test(arguments: WeightPrecision.allCases) func filesHoldTheRoundedNumbers(precision: WeightPrecision) throws {
        let folder = try TemporaryFolder()
        let url = folder.file("model.safetensors")
        let values = Self.numbers.filter { precision.rounded($0).isFinite }
        try values.withUnsafeBufferPointer { values in
            try SafeTensorsWriter.write(
                [NamedTensor(name: "a", shape: [values.count], values: values)], as: precision, to: url)
        }
        #expect(
            try SafeTensorsFile(url).floats("a").map(\.bitPattern) == values.map { precision.rounded($0).bitPattern })
        let size = try Data(contentsOf: url).count
        #expect(size - values.count * (precision == .fp32 ? 4 : 2) < 256)
    }
}
