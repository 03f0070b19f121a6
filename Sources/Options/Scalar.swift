/// Values read from their text, strictly: nil is a wrong type.
public enum Scalar {
    /// Decimal digits, with a sign, without leading zeros, separators or a fraction.
    static func integer(_ text: String) -> Int? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        guard digits == "0" || digits.first != "0" else { return nil }
        return Int(text)
    }

    /// `0.1`, `1e-4`, `12`: digits, one point, one exponent.
    public static func number(_ text: String) -> Double? {
        guard let first = text.first, first == "-" || first.isASCII && first.isNumber,
            text.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }),
            !(text.count > 1 && text.hasPrefix("0") && text.dropFirst().first?.isNumber == true),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    /// `15%` or `0.15`
    public static func share(_ text: String) -> Double? {
        let value = text.hasSuffix("%") ? number(String(text.dropLast())).map { $0 / 100 } : number(text)
        return value.flatMap { (0...1).contains($0) ? $0 : nil }
    }

    /// `20000 steps` or `1e9 tokens`: a whole number that is not negative, and its unit.
    public static func count(_ text: String, of unit: String) -> Int? {
        let words = text.split(separator: " ")
        guard words.count == 2, words[1] == unit || words[1] + "s" == unit, let value = number(String(words[0])),
            value >= 0, value < 1e15, value == value.rounded()
        else { return nil }
        return Int(value)
    }

    /// As a person writes it: `1e-4`, `0.1`, `12`.
    public static func text(_ value: some BinaryFloatingPoint) -> String {
        let text = "\(value)"
        if text.hasSuffix(".0") { return String(text.dropLast(2)) }
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else {
            return text
        }
        let digits = text[..<mark]
        return "\(digits.hasSuffix(".0") ? digits.dropLast(2) : digits)e\(exponent)"
    }
}
