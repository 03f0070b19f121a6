/// A score of predictions against the truth, higher is better (definitions: GLUE, Wang et al. 2019, section 3).
public enum Metric: String, Sendable, Codable, CaseIterable {
    case accuracy, f1, matthews

    /// The score of predicted classes; 0 where it is undefined, as for constant predictions.
    ///
    /// - Precondition: both are equally long.
    public func score(_ predictions: [Int], _ truth: [Int]) -> Double {
        precondition(predictions.count == truth.count, "\(predictions.count) predictions for \(truth.count) rows")
        func count(_ predicted: Int, _ actual: Int) -> Double {
            Double(zip(predictions, truth).count { $0 == predicted && $1 == actual })
        }
        switch self {
        case .accuracy:
            guard !truth.isEmpty else { return 0 }
            return Double(zip(predictions, truth).count { $0 == $1 }) / Double(truth.count)
        case .f1:
            // Of class 1 alone, the paraphrase or duplicate.
            let (hits, wrong, missed) = (count(1, 1), count(1, 0), count(0, 1))
            return hits == 0 ? 0 : 2 * hits / (2 * hits + wrong + missed)
        case .matthews:
            let (tp, tn, fp, fn) = (count(1, 1), count(0, 0), count(1, 0), count(0, 1))
            let product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
            return product == 0 ? 0 : (tp * tn - fp * fn) / product.squareRoot()
        }
    }
}
