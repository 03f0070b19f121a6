import Attention
import Training

/// Values read from their text, strictly: nil is a wrong type.
enum Scalar {
    /// Decimal digits, with a sign, without leading zeros, separators or a fraction.
    static func integer(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        guard digits == "0" || digits.first != "0" else { return nil }
        return Int(text)
    }

    /// `0.1`, `1e-4`, `12`: digits, one point, one exponent.
    static func number(_ text: String) -> Double? {
        guard let first = text.first, first == "-" || first.isASCII && first.isNumber,
            text.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }),
            !(text.count > 1 && text.hasPrefix("0") && text.dropFirst().first?.isNumber == true),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    static func share(_ text: String) -> Double? {
        let value = text.hasSuffix("%") ? number(String(text.dropLast())).map { $0 / 100 } : number(text)
        return value.flatMap { (0...1).contains($0) ? $0 : nil }
    }

    static func boolean(_ text: String) -> Bool? { ["true": true, "false": false][text] }

    static func steps(_ text: String) -> Int? { count(text, of: "steps") }

    static func budget(_ text: String) -> Budget? {
        if let steps = count(text, of: "steps"), steps > 0 { return .steps(steps) }
        if let tokens = count(text, of: "tokens"), tokens > 0 { return .tokens(tokens) }
        for (unit, seconds) in [("min", 60.0), ("h", 3600), ("s", 1)] where text.hasSuffix(unit) {
            if let value = number(String(text.dropLast(unit.count)).trimmed), value > 0 {
                return .seconds(value * seconds)
            }
        }
        return nil
    }

    static func batch(_ text: String) -> BatchSize? {
        // A batch lies in memory as a whole.
        if let sequences = count(text, of: "sequences"), (1...1_000_000).contains(sequences) {
            return .sequences(sequences)
        }
        if let tokens = count(text, of: "tokens"), (1...100_000_000).contains(tokens) { return .tokens(tokens) }
        return nil
    }

    static func warmup(_ text: String) -> ScheduleOptions.Warmup? {
        if let steps = count(text, of: "steps") { return .steps(steps) }
        return text.hasSuffix("%") ? share(text).map { .share($0) } : nil
    }

    /// `20000 steps` or `1e9 tokens`: a whole number that is not negative, and its unit.
    private static func count(_ text: String, of unit: String) -> Int? {
        let words = text.split(separator: " ")
        guard words.count == 2, words[1] == unit || words[1] + "s" == unit, let value = number(String(words[0])),
            value >= 0, value < 1e15, value == value.rounded()
        else { return nil }
        return Int(value)
    }
}

extension String {
    var trimmed: String { split(separator: " ").joined(separator: " ") }
}

extension Kind {
    /// Whether `texts` is a value of this kind; a list has several.
    func accepts(_ texts: [String]) -> Bool {
        if case .texts = self { return !texts.isEmpty && texts.allSatisfy { !$0.isEmpty } }
        guard texts.count == 1, let text = texts.first else { return false }
        switch self {
        case .integer(let range): return Scalar.integer(text).map(range.contains) ?? false
        case .number(let range): return Scalar.number(text).map(range.contains) ?? false
        case .share: return Scalar.share(text) != nil
        case .boolean: return Scalar.boolean(text) != nil
        case .text: return !text.isEmpty
        case .texts: return true
        case .oneOf(let names): return names.contains(text)
        case .budget: return Scalar.budget(text) != nil
        case .batch: return Scalar.batch(text) != nil
        case .warmup: return Scalar.warmup(text) != nil
        case .steps: return Scalar.steps(text) != nil
        case .integerOrAuto(let range): return text == "auto" || Scalar.integer(text).map(range.contains) ?? false
        case .variants(let variants): return variants.contains { $0.name == text }
        }
    }

    /// The spellings that a near miss may have meant.
    var names: [String] {
        switch self {
        case .oneOf(let names): names
        case .boolean: ["true", "false"]
        case .variants(let variants): variants.map(\.name)
        default: []
        }
    }
}
