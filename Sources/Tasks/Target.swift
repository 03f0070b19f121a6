import Foundation

/// What a task asks of a text.
public enum Target: Sendable, Equatable, Codable {
    /// One of these classes, in the order of their ids.
    case classes([String])
    /// Any of these labels, none and all included.
    case labels([String])
    /// A number of this range.
    case value(ClosedRange<Double>)
    /// One of these for every word: `O`, or `B-TYPE` at the first word of an entity and `I-TYPE` at the others (IOB2: Tjong Kim
    /// Sang & Veenstra 1999).
    case tags([String])

    /// A number of any size.
    public static let number = Target.value(
        -Double(Float.greatestFiniteMagnitude)...Double(Float.greatestFiniteMagnitude))

    /// In the order of their ids; none of a value.
    public var labels: [String] {
        switch self {
        case .classes(let labels), .labels(let labels), .tags(let labels): labels
        case .value: []
        }
    }

    public var isValue: Bool { if case .value = self { true } else { false } }
    public var isMultiLabel: Bool { if case .labels = self { true } else { false } }
    public var isOfWords: Bool { if case .tags = self { true } else { false } }
    /// Columns of logits.
    public var outputs: Int { max(1, labels.count) }

    /// What a row of logits says: the class of the largest, the labels of a probability above a half (logits above 0), the
    /// value, or the tag of every word, whose logits lie behind one another.
    public func prediction(_ logits: [Float]) -> [Double] {
        switch self {
        case .classes: [Double(logits.indices.max { logits[$0] < logits[$1] } ?? 0)]
        case .tags(let tags): words(logits).flatMap { Target.classes(tags).prediction($0) }
        case .labels: logits.indices.filter { logits[$0] > 0 }.map { Double($0) }
        case .value: [Double(logits[0])]
        }
    }

    /// Of the classes, or the tags of every word, exp(x - max x) / Σ, of each label σ(x); none of a value.
    public func probabilities(_ logits: [Float]) -> [Double] {
        switch self {
        case .classes:
            let largest = logits.max() ?? 0
            let weights = logits.map { exp(Double($0 - largest)) }
            let total = weights.reduce(0, +)
            return weights.map { $0 / total }
        case .labels: return logits.map { 1 / (1 + exp(-Double($0))) }
        case .tags(let tags): return words(logits).flatMap { Target.classes(tags).probabilities($0) }
        case .value: return []
        }
    }

    /// The logits of every word.
    private func words(_ logits: [Float]) -> [[Float]] {
        stride(from: 0, to: logits.count, by: outputs).map { Array(logits[$0..<$0 + outputs]) }
    }
}
