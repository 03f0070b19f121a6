import Foundation

/// A number that an objective tells: what it is, and in what, says its name.
public struct Figure: Sendable, Equatable {
    public enum Unit: Sendable {
        /// A mean of -log p, or of squared errors.
        case loss
        /// Of 1.
        case share
        case perplexity
        /// In the unit of a label.
        case amount
        case count
    }

    /// As the log calls it: `maskedAccuracy`.
    public let name: String
    public let value: Double
    public let unit: Unit

    public init(_ name: String, _ value: Double) {
        let last = name.lowercased()
        let unit: Unit =
            last.hasSuffix("loss")
            ? .loss
            : last.hasSuffix("accuracy") || last.hasSuffix("share")
                ? .share : last.hasSuffix("perplexity") ? .perplexity : .count
        self.init(name, value, unit)
    }

    public init(_ name: String, _ value: Double, _ unit: Unit) {
        (self.name, self.value, self.unit) = (name, value, unit)
    }

    /// As people read it: `masked accuracy`, `micro F1`
    public var title: String {
        name.replacing(/([A-Z])([a-z]|$)/) { " \($0.1.lowercased())\($0.2)" }.replacing(/([a-z])F1/) { "\($0.1) F1" }
    }
}

/// What held-out examples give, for a log and for people.
public protocol EvaluationResult: Codable, Equatable, Sendable {
    var figures: [Figure] { get }
    /// What stands for all of it.
    var score: Figure? { get }
    /// Behind the figures: `on 872 rows`.
    var remark: String { get }
}

/// Figures by their names, as keys of the JSON object that they are in.
public struct Figures: EvaluationResult {
    public let figures: [Figure]

    public init(_ figures: [Figure]) { self.figures = figures }

    public subscript(name: String) -> Double? { figures.first { $0.name == name }?.value }
    public var score: Figure? { figures.first { $0.unit == .perplexity } ?? figures.first { $0.unit == .loss } }
    public var remark: String { "" }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        for figure in figures { try values.encode(figure.value, forKey: Key(stringValue: figure.name)) }
    }

    /// All numbers but those that every line of a log has.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let common = Set(
            StepHead.CodingKeys.allCases.map(\.rawValue) + EvaluationHead.CodingKeys.allCases.map(\.rawValue))
        figures = values.allKeys.filter { !common.contains($0.stringValue) }.compactMap { key in
            (try? values.decode(Double.self, forKey: key)).map { Figure(key.stringValue, $0) }
        }.sorted { $0.name < $1.name }
    }
}
