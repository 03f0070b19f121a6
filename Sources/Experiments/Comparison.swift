import Foundation
import Glue
import Tasks

/// Whether one set of seeds is better than another, by a paired test.
public struct Comparison {
    /// For a person to read.
    public let lines: [String]
    /// The folder of the better one, where the test shows it.
    public let better: String?

    /// Compares two folders of `Seeds`.
    ///
    /// - Throws: `TaskError` where they are not of one task, protocol and number of rows, or share less than three seeds: of two, any pair of
    ///   nearly equal differences would seem proof.
    public init(_ first: String, _ second: String) throws {
        let (a, b) = (try Self.report(first), try Self.report(second))
        guard a.task == b.task else { throw TaskError(second, "is of \(b.task), \(first) of \(a.task)") }
        guard a.protocol == b.protocol else {
            throw TaskError(second, "its protocol is \(b.protocol ?? "own"), that of \(first) \(a.protocol ?? "own")")
        }
        guard a.rows == b.rows else {
            throw TaskError(second, "was scored on \(b.rows ?? 0) dev rows, \(first) on \(a.rows ?? 0)")
        }
        func differ<Value: Equatable>(_ a: Value?, _ b: Value?) -> Bool { a != nil && b != nil && a != b }
        guard !differ(a.labels, b.labels), !differ(a.texts, b.texts) else {
            throw TaskError(second, "was scored on other dev rows than \(first)")
        }
        guard !differ(a.metrics, b.metrics) else {
            let (one, other) = (a.metrics ?? [], b.metrics ?? [])
            throw TaskError(second, "is scored by \(Self.text(other)), \(first) by \(Self.text(one))")
        }
        let title = (try? GlueTask.named(a.task).title) ?? a.task
        let seeds = a.seeds.filter(b.seeds.contains)
        guard seeds.count > 2 else {
            throw TaskError("", "\(first) and \(second) share \(seeds.count) seeds; wanted at least 3")
        }
        let comparison = PairedComparison(Self.scores(a, seeds), Self.scores(b, seeds), rows: a.rows ?? 100)
        func points(_ value: Double) -> String { String(format: "%.2f", 100 * value) }
        let diverged = [(first, a), (second, b)].compactMap { folder, report in
            report.diverged.isEmpty
                ? nil : "note: \(report.diverged.count) seeds of \(folder) diverged, and are not compared"
        }
        let isFirst = comparison.difference >= 0
        let better = isFirst ? (first, second) : (second, first)
        let biases = Self.biases(isFirst ? (a, b) : (b, a), better)
        let size =
            "\(points(abs(comparison.difference))) ± \(points(comparison.deviation)) points over \(seeds.count) seeds"
        let chance = String(format: "p = %.3g, paired t-test", comparison.probability)
        if comparison.probability < 0.05, !biases.contains(where: \.isGrave) {
            lines =
                ["yes: \(better.0) is better than \(better.1) on \(title) by \(size) (\(chance))"]
                + biases.map(\.text) + diverged
            self.better = better.0
            return
        }
        let more = comparison.seedsWanted.map { max(1, $0 - seeds.count) }
        let isProof = comparison.probability < 0.05
        lines =
            [
                "not proven: \(better.0) is \(comparison.difference == 0 ? "level with" : "ahead of") \(better.1) on \(title) "
                    + "by \(size) (\(chance))",
                isProof
                    ? nil
                    : more.map { "a difference of this size would need about \($0) more seeds" }
                        ?? (comparison.difference == 0
                            ? nil : "a difference of this size would need more than 10,000 seeds"),
            ].compactMap { $0 } + (comparison.difference == 0 ? [] : biases.map(\.text)) + diverged
        self.better = nil
    }

    /// What lets the better one lead besides being better, and whether its lead then shows nothing.
    private static func biases(
        _ reports: (SeedReport, SeedReport), _ names: (String, String)
    ) -> [(text: String, isGrave: Bool)] {
        let (best, other) = reports
        var biases: [(text: String, isGrave: Bool)] = []
        if best.choices ?? 1 > other.choices ?? 1 {
            biases.append(
                (
                    "each score of \(names.0) is the best of \(best.choices ?? 1) settings on these rows, of \(names.1) "
                        + "of \(other.choices ?? 1): choosing alone brings a lead", true
                ))
        }
        if best.diverged.count > other.diverged.count {
            biases.append(
                (
                    "\(best.diverged.count) seeds of \(names.0) diverged, \(other.diverged.count) of \(names.1): only those "
                        + "that went well are left of it", true
                ))
        }
        if let epochs = best.epochs, let fewer = other.epochs, epochs > fewer {
            biases.append(
                (
                    "note: each score of \(names.0) is the best of \(epochs) epochs on these rows, of \(names.1) of "
                        + "\(fewer); selection: last chooses none", false
                ))
        }
        return biases
    }

    private static func text(_ metrics: [Metric]) -> String { metrics.map(\.rawValue).joined(separator: " and ") }

    private static func report(_ folder: String) throws -> SeedReport {
        let url = URL(fileURLWithPath: "\(folder)/\(SeedReport.fileName)")
        guard let data = try? Data(contentsOf: url) else {
            throw TaskError(folder, "no \(SeedReport.fileName); wanted a folder of `yoso finetune --seeds N`")
        }
        guard let report = try? JSONDecoder().decode(SeedReport.self, from: data) else {
            throw TaskError(url.relativePath, "damaged; the same `yoso finetune --seeds N` writes it again")
        }
        guard report.statistics?.scores.count ?? 0 == report.seeds.count else {
            throw TaskError(url.relativePath, "damaged: it does not have as many scores as seeds")
        }
        guard Set(report.seeds).count == report.seeds.count else {
            throw TaskError(url.relativePath, "damaged: it has a seed twice")
        }
        return report
    }

    private static func scores(_ report: SeedReport, _ seeds: [Int]) -> [Double] {
        zip(report.seeds, report.statistics?.scores ?? []).filter { seeds.contains($0.0) }.map(\.1)
    }
}
