import CKernels
import Testing

struct DropoutKernelTests {
    private let count = 40_000

    @Test(arguments: [Float(0.1), 0.25, 0.5, 0.9])
    func dropsItsShareAndScalesTheRest(probability: Float) {
        let dropped = self.dropped(key: 11, probability: probability)
        let share = Double(dropped.count { $0 == 0 }) / Double(count)
        let deviation = (Double(probability) * Double(1 - probability) / Double(count)).squareRoot()
        #expect(abs(share - Double(probability)) < 4 * deviation)
        for value in dropped where value != 0 { #expect(value == 1 / (1 - probability)) }
    }

    @Test func aStretchIsThePartOfTheWhole() {
        let whole = dropped(key: 12, probability: 0.3)
        var part = Array(repeating: Float(1), count: 100)
        ck_dropout(100, 12, 777, 0.3, &part)
        #expect(part == Array(whole[777..<877]))
    }

    @Test func otherKeysDropIndependently() {
        let (a, b) = (dropped(key: 13, probability: 0.5), dropped(key: 14, probability: 0.5))
        let both = zip(a, b).count { $0 == 0 && $1 == 0 }
        // Both in a quarter of the cases: 10,000, with a deviation of 87.
        #expect(abs(both - count / 4) < 4 * 87)
    }

    private func dropped(key: UInt64, probability: Float) -> [Float] {
        var values = Array(repeating: Float(1), count: count)
        ck_dropout(Int64(count), key, 0, probability, &values)
        return values
    }
}
