import Foundation
import Tasks
import Testing

private let vectors = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../../shared/data/metrics/glue_metric_vectors.json").standardizedFileURL

@Suite struct MetricTests {
    @Test func smallCasesByHand() {
        let (predictions, truth): ([Double], [Double]) = ([1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 1])
        #expect(abs(Metric.accuracy.score(predictions, truth) - 4.0 / 6) < 1e-12)
        #expect(abs(Metric.f1.score(predictions, truth) - 2 * 2 / (2.0 * 2 + 1 + 1)) < 1e-12)
        #expect(abs(Metric.matthews.score(predictions, truth) - (2 * 2 - 1.0) / 9) < 1e-12)
        // Ranks 1 2.5 2.5 4 against 1 2 3 4.
        #expect(abs(Metric.spearman.score([1, 2, 2, 9], [1, 2, 3, 4]) - 4.5 / (4.5 * 5).squareRoot()) < 1e-12)
        #expect(abs(Metric.pearson.score([1, 2, 4], [2, 4, 8]) - 1) < 1e-12)
        #expect(Metric.meanAbsoluteError.score([1, 2, 4], [2, 4, 0]) == 7.0 / 3)
        #expect(Metric(ofScore: "accuracy MNLI-m") == .accuracy && Metric(ofScore: "x") == nil)
    }

    /// Examples of scikit-learn's documentation of `f1_score`, with their values, and Matthews' by its formula.
    @Test func averagesOfF1AreScikitLearns() {
        let (predictions, truth): ([Double], [Double]) = ([0, 2, 1, 0, 0, 1], [0, 1, 2, 0, 1, 2])
        #expect(abs(Metric.macroF1.score(predictions, truth) - 0.8 / 3) < 1e-12)
        #expect(abs(Metric.microF1.score(predictions, truth) - 1.0 / 3) < 1e-12)
        #expect(Metric.microF1.score(predictions, truth) == Metric.accuracy.score(predictions, truth))
        // c 2 of s 6, p = (3, 2, 1), t = (2, 2, 2): (2·6 - 12) / …
        #expect(Metric.matthews.score(predictions, truth) == 0)
        // Several labels a row: [[0,0,0],[1,1,1],[1,1,0]] for [[0,0,0],[1,1,1],[0,1,1]], F1 of each 2/3, 1, 2/3.
        let (said, meant): ([[Double]], [[Double]]) = ([[], [0, 1, 2], [0, 1]], [[], [0, 1, 2], [1, 2]])
        #expect(abs(Metric.macroF1.score(said, meant) - 7.0 / 9) < 1e-12)
        #expect(abs(Metric.microF1.score(said, meant) - 2 * 4 / (2.0 * 4 + 1 + 1)) < 1e-12)
        #expect(abs(Metric.accuracy.score(said, meant) - 2.0 / 3) < 1e-12)
        // [[1,1,0],[1,1,0]] for [[1,0,0],[0,0,0]]: F1 of each 2/3, 0, and 0 of a column of zeros.
        #expect(abs(Metric.macroF1.score([[0, 1], [0, 1]], [[0], []], labels: 3) - 2.0 / 9) < 1e-12)
        // Never meant, label 1 still has its place: F1 of 0 and 2/3; one that is nowhere has none.
        #expect(abs(Metric.macroF1.score([0, 1], [0, 0]) - (2.0 / 3 + 0) / 2) < 1e-12)
    }

    /// A label is said where its probability is above a half, its logit above 0.
    @Test func labelsAreSaidFromAHalfOn() {
        let (target, logits) = (Target.labels(["a", "b", "c"]), [Float(0.1), -0.1, 3])
        #expect(target.prediction(logits) == [0, 2])
        #expect(target.probabilities(logits).map { $0 > 0.5 } == [true, false, true])
    }

    @Test func metricsFitTheirTargets() {
        let fitting = { (target: Target) in Metric.allCases.filter { $0.fits(target) } }
        #expect(fitting(.classes([])) == [.accuracy, .f1, .macroF1, .microF1, .matthews])
        #expect(fitting(.labels([])) == [.accuracy, .macroF1, .microF1])
        #expect(fitting(.number) == [.pearson, .spearman, .meanAbsoluteError])
    }

    @Test func whatIsUndefinedIsZero() {
        #expect(Metric.matthews.score([1, 1, 1], [1, 0, 1]) == 0)
        #expect(Metric.f1.score([0, 0], [1, 0]) == 0)
        #expect(Metric.pearson.score([0.1, 0.1, 0.1], [1, 2, 3]) == 0)
        #expect(Metric.spearman.score([0.1, 0.1, 0.1], [1, 2, 3]) == 0)
        for metric in Metric.allCases { #expect(metric.score([Double](), []) == 0) }
    }

    /// Cases that scikit-learn and scipy computed, or that the reference implementation documents.
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: vectors.path), "the metric cases are not on this machine"))
    func everyMetricIsTheBenchmarks() throws {
        struct Case: Decodable {
            let task, name: String
            let predictions, references: [Double]
            let expected: [String: Double?]
        }
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: vectors))
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
