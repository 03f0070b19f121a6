import Foundation

/// What the scores of several seeds say of a model: one seed's score is a draw.
public struct SeedStatistics: Sendable, Codable, Equatable {
    public let scores: [Double]
    public let median: Double
    public let mean: Double
    /// Of the sample, with n - 1; nil of a single score.
    public let deviation: Double?
    /// Nil of fewer scores than three, of which it would be wider than all that they tell, and of equal ones, which tell no spread.
    public let interval: Interval?

    /// The 95% interval of the mean by Student's t with n - 1 degrees of freedom: mean ± t₀.₉₇₅ s / √n. Of five scores percentiles of
    /// bootstrapped means cover the mean in 83% of cases alone.
    public struct Interval: Sendable, Codable, Equatable {
        public let low: Double
        public let high: Double
    }

    /// The least that an interval wants.
    public static let scoresOfAnInterval = 3

    /// - Precondition: there is at least one score.
    public init(_ scores: [Double]) {
        precondition(!scores.isEmpty, "statistics of no score")
        let count = scores.count
        let mean = scores.reduce(0, +) / Double(count)
        let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let deviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : nil
        (self.scores, self.mean, self.deviation) = (scores, mean, deviation)
        median = Tasks.median(scores)
        interval = deviation.flatMap { deviation in
            guard count >= Self.scoresOfAnInterval, deviation > 1e-12 else { return nil }
            let half = Student.quantile(tail: 0.05, freedom: Double(count - 1)) * deviation / Double(count).squareRoot()
            return Interval(low: mean - half, high: mean + half)
        }
    }
}

/// Whether A scores better than B, from scores of the same seeds: Student's paired t-test, two-sided.
public struct PairedComparison: Sendable, Equatable {
    public let pairs: Int
    /// Mean of A - B, 0 where that is rounding alone.
    public let difference: Double
    /// Deviation of A - B over seeds, at least that of rounding both to whole rows: √(1/6) of one, for each is 1/12 of variance.
    public let deviation: Double
    /// The chance of a difference at least as large were there none.
    public let probability: Double
    /// Seeds in all with which a true difference of this size would be found about four times out of five at 5%: the least
    /// n with n ≥ ((t₀.₉₇₅ + t₀.₈₀) · deviation / difference)², quantiles with n - 1 degrees of freedom; nil where the means are
    /// equal, or where it takes more than 10,000.
    public let seedsWanted: Int?

    /// - Parameter rows: of which each is scored, so that scores come in steps of a row.
    /// - Precondition: both are equally long, and of at least two seeds.
    public init(_ a: [Double], _ b: [Double], rows: Int) {
        precondition(a.count == b.count && a.count > 1, "\(a.count) and \(b.count) scores to compare")
        let differences = SeedStatistics(zip(a, b).map { $0 - $1 })
        pairs = a.count
        difference = abs(differences.mean) < 1e-12 ? 0 : differences.mean
        deviation = max(differences.deviation ?? 0, (1.0 / 6).squareRoot() / Double(max(1, rows)))
        let t = difference / (deviation / Double(pairs).squareRoot())
        probability = Student.tail(abs(t), freedom: Double(pairs - 1))
        seedsWanted = difference == 0 ? nil : Self.seeds(toFind: abs(difference) / deviation)
    }

    /// Seeds that show an effect of so many deviations.
    private static func seeds(toFind effect: Double) -> Int? {
        func suffices(_ count: Int) -> Bool {
            let freedom = Double(count - 1)
            let sum = Student.quantile(tail: 0.05, freedom: freedom) + Student.quantile(tail: 0.4, freedom: freedom)
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
}

/// Student's distribution of t.
enum Student {
    /// The t with P(|T| ≥ t) = `tail`, by bisection.
    static func quantile(tail wanted: Double, freedom: Double) -> Double {
        var (low, high) = (0.0, 100.0)
        for _ in 0..<40 {
            let middle = (low + high) / 2
            if tail(middle, freedom: freedom) > wanted { low = middle } else { high = middle }
        }
        return high
    }

    /// P(|T| ≥ t): with θ = atan(t/√ν), 2 Γ((ν+1)/2) / (√π Γ(ν/2)) ∫ cos^(ν-1) from θ to π/2, by Simpson's rule; nothing is taken from
    /// 1, of which a small chance would be rounding.
    static func tail(_ t: Double, freedom: Double) -> Double {
        let (start, steps) = (atan(t / freedom.squareRoot()), 2000)
        let width = (Double.pi / 2 - start) / Double(steps)
        var sum = 0.0
        for index in 0...steps {
            let weight: Double = index == 0 || index == steps ? 1 : index % 2 == 1 ? 4 : 2
            // Of π/2 itself the cosine would be 6e-17, and of a power of 0 one.
            let cosine: Double = index == steps ? 0 : cos(start + Double(index) * width)
            sum += weight * pow(cosine, freedom - 1)
        }
        let scale = 2 * exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / Double.pi.squareRoot()
        return min(1, scale * sum * width / 3)
    }
}
