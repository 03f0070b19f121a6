import Foundation

/// One key of a recipe: its kind, its default as it would be written, and what it means.
struct Field: Sendable {
    let key: String
    let kind: Kind
    /// As written in a recipe; nil where the recipe must say it.
    let fallback: String?
    let doc: String

    init(_ key: String, _ kind: Kind, _ fallback: String?, _ doc: String) {
        self.key = key
        self.kind = kind
        self.fallback = fallback
        self.doc = doc
    }
}

/// What a value may be. Scalars are read by these rules from their text, never by YAML's own: `017`, `yes` and
/// `12:30:45` are traps.
enum Kind: Sendable {
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// `15%` or `0.15`, within 0 … 1.
    case share
    case boolean
    case text
    /// One text or a list.
    case texts
    case oneOf([String])
    /// `20000 steps`, `1e9 tokens`, `2h`, `30min`, `90s`
    case budget
    /// `64 sequences`, `8192 tokens`
    case batch
    /// `6%`, `500 steps`
    case warmup
    /// `500 steps`
    case steps
    /// An integer, or `auto`.
    case integerOrAuto(ClosedRange<Int>)
    /// The name of a variant, each with keys of its own below this one.
    case variants([Variant])

    struct Variant: Sendable {
        let name: String
        let fields: [Field]
    }

    /// What was wanted, for messages.
    var expectation: String {
        switch self {
        case .integer(let range): "an integer \(Self.words(range.lowerBound, range.upperBound, Int.max))"
        case .number(let range): "a number \(Self.words(range.lowerBound, range.upperBound, .infinity))"
        case .share: "a share such as 15% or 0.15, at most 1"
        case .boolean: "true or false"
        case .text: "a text"
        case .texts: "a text or a list of texts"
        case .oneOf(let names): names.joined(separator: ", ").replacingLast(", ", with: " or ")
        case .budget: "a budget such as 20000 steps, 1e9 tokens, 2h, 30min or 90s"
        case .batch: "a batch such as 64 sequences or 8192 tokens, at most 1000000 sequences or 1e8 tokens"
        case .warmup: "a warm-up such as 6% or 500 steps"
        case .steps: "a number of steps such as 500 steps"
        case .integerOrAuto(let range): "auto or an integer \(Self.words(range.lowerBound, range.upperBound, Int.max))"
        case .variants(let variants):
            variants.map(\.name).joined(separator: ", ").replacingLast(", ", with: " or ")
        }
    }

    private static func words<Number: Comparable>(_ low: Number, _ high: Number, _ top: Number) -> String {
        high == top ? "of at least \(low)" : "from \(low) to \(high)"
    }
}

extension String {
    func replacingLast(_ text: String, with other: String) -> String {
        guard let range = range(of: text, options: .backwards) else { return self }
        return replacingCharacters(in: range, with: other)
    }
}
