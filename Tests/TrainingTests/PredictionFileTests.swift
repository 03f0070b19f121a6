import Foundation
import Testing

@testable import Training

@Suite struct PredictionFileTests {
    @Test func aProbabilityHasSixDigits() {
        let ends = [0, 1, 0.5, 4.9e-7, 5.1e-7, 0.9999994, 0.9999996, .leastNonzeroMagnitude]
        for probability in ends + (0..<4096).map({ Double(Float($0) / 4095) }) {
            #expect(PredictionFile.written(probability) == String(format: "%.6f", probability))
        }
    }
}
