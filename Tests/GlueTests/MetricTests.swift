import Foundation
import Glue
import Testing

@Suite struct MetricTests {
    @Test func smallCasesByHand() {
        let (predictions, truth) = ([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 1])
        #expect(abs(Metric.accuracy.score(predictions, truth) - 4.0 / 6) < 1e-12)
        #expect(abs(Metric.f1.score(predictions, truth) - 2 * 2 / (2.0 * 2 + 1 + 1)) < 1e-12)
        #expect(abs(Metric.matthews.score(predictions, truth) - (2 * 2 - 1.0) / 9) < 1e-12)
    }

    @Test func whatIsUndefinedIsZero() {
        #expect(Metric.matthews.score([1, 1, 1], [1, 0, 1]) == 0)
        #expect(Metric.f1.score([0, 0], [1, 0]) == 0)
        #expect(Metric.accuracy.score([], []) == 0)
    }
}
