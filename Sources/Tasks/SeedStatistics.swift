import Corpora
import Foundation

/// What the scores of several seeds say of a model: one seed's score is a draw.
public struct SeedStatistics: Sendable, Codable, Equatable {
    public let scores: [Double]
    public let median: Double
    public let mean: Double
    /// Of the sample, with n - 1; 0 of a single score.
    public let deviation: Double
    /// Nil of few scores, whose resamples are few too: two have three means, and a half of the time all say the same.
    public let interval: Interval?

    /// A 95% bootstrap interval of the mean: percentiles of the means of 10,000 resamples (Efron & Tibshirani 1993,
    /// section 13.3), always the same for the same scores.
    public struct Interval: Sendable, Codable, Equatable {
        public let low: Double
        public let high: Double

        fileprivate init(_ scores: [Double]) {
            let count = scores.count
            var random = RandomSequence(0xB007, UInt64(count))
            let means = (0..<10_000).map { _ in
                (0..<count).reduce(0) { sum, _ in sum + scores[random.below(count)] } / Double(count)
            }.sorted()
            (low, high) = (means[250], means[9749])
        }
    }

    /// The least that an interval wants.
    public static let scoresOfAnInterval = 5

    /// - Precondition: there is at least one score.
    public init(_ scores: [Double]) {
        precondition(!scores.isEmpty, "statistics of no score")
        let count = scores.count
        let mean = scores.reduce(0, +) / Double(count)
        let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.scores = scores
        self.mean = mean
        median = Tasks.median(scores)
        deviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : 0
        interval = count < Self.scoresOfAnInterval ? nil : Interval(scores)
    }
}

/// Whether A scores better than B, from scores of the same seeds: Student's paired t-test, two-sided; where all differences are
/// equal, as of few rows they often are, which leaves that test no deviation to go by, the sign test.
public struct PairedComparison: Sendable, Equatable {
    public let pairs: Int
    /// Mean of A - B.
    public let difference: Double
    /// Deviation of A - B over seeds; 0 where they differ by rounding alone.
    public let deviation: Double
    /// The chance of a difference at least as large were there none.
    public let probability: Double
    /// Seeds in all with which a true difference of this size would be found about four times out of five at 5%: the least
    /// n with n ≥ ((t₀.₉₇₅ + t₀.₈₀) · deviation / difference)², quantiles with n - 1 degrees of freedom; nil where the means are
    /// equal, or where it takes more than 10,000.
    public let seedsWanted: Int?

    /// - Precondition: both are equally long, and of at least two seeds.
    public init(_ a: [Double], _ b: [Double]) {
        precondition(a.count == b.count && a.count > 1, "\(a.count) and \(b.count) scores to compare")
        let differences = SeedStatistics(zip(a, b).map { $0 - $1 })
        pairs = a.count
        difference = differences.mean
        deviation = differences.deviation > 1e-12 ? differences.deviation : 0
        guard deviation > 0 else {
            // 2^(1-n), which six seeds bring below 5%.
            let isEqual = abs(difference) < 1e-12
            (probability, seedsWanted) = isEqual ? (1, nil) : (pow(0.5, Double(pairs - 1)), 6)
            return
        }
        let t = difference / (deviation / Double(pairs).squareRoot())
        probability = Self.tail(abs(t), freedom: Double(pairs - 1))
        seedsWanted = Self.seeds(toFind: abs(difference) / deviation)
    }

    /// Seeds that show an effect of so many deviations.
    private static func seeds(toFind effect: Double) -> Int? {
        func suffices(_ count: Int) -> Bool {
            let freedom = Double(count - 1)
            let sum = quantile(tail: 0.05, freedom: freedom) + quantile(tail: 0.4, freedom: freedom)
            return Double(count) >= sum * sum / (effect * effect)
        }
        guard suffices(10_000) else { return nil }
        var (low, high) = (1, 10_000)
        while high - low > 1 {
            let middle = (low + high) / 2
            if suffices(middle) { high = middle } else { low = middle }
        }
        return high
    }

    /// The t with P(|T| ≥ t) = `tail`, by bisection.
    private static func quantile(tail wanted: Double, freedom: Double) -> Double {
        var (low, high) = (0.0, 100.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if tail(middle, freedom: freedom) > wanted { low = middle } else { high = middle }
        }
        return high
    }

    /// P(|T| ≥ t) of Student's t: with θ = atan(t/√ν), 1 - 2 Γ((ν+1)/2) / (√π Γ(ν/2)) ∫₀^θ cos^(ν-1), by Simpson's rule.
    static func tail(_ t: Double, freedom: Double) -> Double {
        let (end, steps) = (atan(t / freedom.squareRoot()), 2000)
        let width = end / Double(steps)
        let sum = (0...steps).reduce(0.0) { sum, index in
            let weight: Double = index == 0 || index == steps ? 1 : index % 2 == 1 ? 4 : 2
            return sum + weight * pow(cos(Double(index) * width), freedom - 1)
        }
        let scale = 2 * exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / Double.pi.squareRoot()
        return max(0, 1 - scale * sum * width / 3)
    }
}
