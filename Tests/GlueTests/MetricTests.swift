import Foundation
import Glue
import Testing

@Suite struct MetricTests {
    @Test func smallCasesByHand() {
        let (predictions, truth): ([Double], [Double]) = ([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 1])
        #expect(abs(Metric.accuracy.score(predictions, truth) - 4.0 / 6) < 1e-12)
        #expect(abs(Metric.f1.score(predictions, truth) - 2 * 2 / (2.0 * 2 + 1 + 1)) < 1e-12)
        #expect(abs(Metric.matthews.score(predictions, truth) - (2 * 2 - 1.0) / 9) < 1e-12)
        // Ranks 1 2.5 2.5 4 against 1 2 3 4.
        #expect(abs(Metric.spearman.score([1, 2, 2, 9], [1, 2, 3, 4]) - 4.5 / (4.5 * 5).squareRoot()) < 1e-12)
        #expect(abs(Metric.pearson.score([1, 2, 4], [2, 4, 8]) - 1) < 1e-12)
    }

    @Test func whatIsUndefinedIsZero() {
        #expect(Metric.matthews.score([1, 1, 1], [1, 0, 1]) == 0)
        #expect(Metric.f1.score([0, 0], [1, 0]) == 0)
        #expect(Metric.pearson.score([0.1, 0.1, 0.1], [1, 2, 3]) == 0)
        #expect(Metric.spearman.score([0.1, 0.1, 0.1], [1, 2, 3]) == 0)
        for metric in Metric.allCases { #expect(metric.score([], []) == 0) }
    }

    /// Cases that scikit-learn and scipy computed, or that the reference implementation documents.
    @Test(.enabled(if: hasSharedGlue, "the metric cases are not on this machine"))
    func everyMetricIsTheBenchmarks() throws {
        struct Case: Decodable {
            let task, name: String
            let predictions, references: [Double]
            let expected: [String: Double?]
        }
        let url = sharedGlue.appendingPathComponent("../metrics/glue_metric_vectors.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
        let names: [String: Metric] = [
            "accuracy": .accuracy, "f1": .f1, "matthews_correlation": .matthews, "pearson": .pearson,
            "spearmanr": .spearman,
        ]
        var checked = 0
        for item in cases {
            for (name, expected) in item.expected {
                guard let metric = names[name] else {
                    #expect(name == "acc_and_f1")
                    continue
                }
                let score = metric.score(item.predictions, item.references)
                // Undefined there, zero here.
                #expect(abs(score - (expected ?? 0)) < 1e-9, "\(item.task) \(item.name) \(name)")
                checked += 1
            }
        }
        #expect(checked >= 45)
    }
}
