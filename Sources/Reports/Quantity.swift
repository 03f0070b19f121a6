import Foundation

/// What an axis shows: its name with the unit, and how its values are written.
public struct Quantity: Sendable {
    /// `tokens a second`
    public let title: String
    public var isLogarithmic = false
    public var startsAtZero = false
    public var isWhole = false
    /// What is shown whatever the values are; nil where they alone decide.
    public var range: ClosedRange<Double>?
    /// A value at an axis, short, and where it is pointed at.
    let tick, text: @Sendable (Double) -> String

    /// - Parameters:
    ///   - text: a value that is pointed at; nil for `5,060`, `0.02114`.
    ///   - tick: a value at an axis; nil for `5k`, `0.02`.
    public init(
        _ title: String, text: (@Sendable (Double) -> String)? = nil, tick: (@Sendable (Double) -> String)? = nil
    ) {
        (self.title, self.text, self.tick) = (title, text ?? Self.long, tick ?? Self.short)
    }

    /// The same with a logarithmic axis; values that are not above 0 are left out.
    public var logarithmic: Quantity { with { $0.isLogarithmic = true } }
    /// The same with whole numbers alone at its axis.
    public var whole: Quantity { with { $0.isWhole = true } }
    /// The same with an axis that begins at 0.
    public var fromZero: Quantity { with { $0.startsAtZero = true } }

    /// A share of 1, in percent.
    public static func share(_ title: String) -> Quantity {
        Quantity(
            title, text: { String(format: "%.1f%%", 100 * $0) },
            tick: { Self.short((1e4 * $0).rounded() / 100) + "%" })
    }

    private func with(_ change: (inout Quantity) -> Void) -> Quantity {
        var quantity = self
        change(&quantity)
        return quantity
    }

    /// `0.02`, `800`, `12.5k`, `3M`
    static func short(_ value: Double) -> String {
        for (limit, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where abs(value) >= limit {
            return String(format: "%.4g", value / limit) + unit
        }
        return String(format: "%.4g", value).replacingOccurrences(of: "e-0", with: "e-")
    }

    /// `0.02114`, `5,060`
    static func long(_ value: Double) -> String {
        guard abs(value) >= 1000, abs(value) < 1e15 else { return String(format: "%.4g", value) }
        var digits = String(Int64(value.rounded()).magnitude)
        for place in stride(from: digits.count - 3, to: 0, by: -3) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: place))
        }
        return (value < 0 ? "-" : "") + digits
    }
}
