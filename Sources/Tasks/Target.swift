import Foundation

/// What a task asks of a text.
public enum Target: Sendable, Equatable, Codable {
    /// One of these classes, in the order of their ids.
    case classes([String])
    /// Any of these labels, none and all included.
    case labels([String])
    /// A number of this range.
    case value(ClosedRange<Double>)

    /// A number of any size.
    public static let number = Target.value(
        -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude))

    /// In the order of their ids; none of a value.
    public var labels: [String] {
        switch self {
        case .classes(let labels), .labels(let labels): labels
        case .value: []
        }
    }

    public var isValue: Bool { if case .value = self { true } else { false } }
    public var isMultiLabel: Bool { if case .labels = self { true } else { false } }
    /// Columns of logits.
    public var outputs: Int { max(1, labels.count) }

    /// What a row of logits says: the class of the largest, the labels of a probability above a half (logits above 0), or
    /// the value.
    public func prediction(_ logits: [Float]) -> [Double] {
        switch self {
        case .classes: [Double(logits.indices.max { logits[$0] < logits[$1] } ?? 0)]
        case .labels: logits.indices.filter { logits[$0] > 0 }.map { Double($0) }
        case .value: [Double(logits[0])]
        }
    }

    /// Of the classes exp(x - max x) / Σ, of each label σ(x); none of a value.
    public func probabilities(_ logits: [Float]) -> [Double] {
        switch self {
        case .classes:
            let largest = logits.max() ?? 0
            let weights = logits.map { exp(Double($0 - largest)) }
            let total = weights.reduce(0, +)
            return weights.map { $0 / total }
        case .labels: return logits.map { 1 / (1 + exp(-Double($0))) }
        case .value: return []
        }
    }
}
