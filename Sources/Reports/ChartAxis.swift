import Foundation

/// From values to places on a picture, in percent of it.
struct ChartAxis {
    let low, high, from, to: Double
    let isLogarithmic, isWhole: Bool

    /// - Parameter isRound: whether the ends are moved out to round numbers.
    init(_ values: [Double], _ quantity: Quantity, _ from: Double, _ to: Double, isRound: Bool = false) {
        (isLogarithmic, isWhole) = (quantity.isLogarithmic, quantity.isWhole)
        (self.from, self.to) = (from, to)
        let values = values + (quantity.range.map { [$0.lowerBound, $0.upperBound] } ?? [])
        var low = values.min() ?? (isLogarithmic ? 1 : 0)
        var high = values.max() ?? low
        if isLogarithmic {
            (low, high) = (log(low), log(high))
            if high - low < 0.1 { (low, high) = (low - 0.05, high + 0.05) }
        } else {
            if quantity.startsAtZero { low = min(0, low) }
            if high <= low { high = low + (low == 0 ? 1 : abs(low) / 10) }
            if isRound {
                let step = Self.step(high - low, quantity.isWhole)
                (low, high) = ((low / step).rounded(.down) * step, (high / step).rounded(.up) * step)
            }
        }
        (self.low, self.high) = (low, high)
    }

    func place(_ value: Double) -> Double {
        from + ((isLogarithmic ? log(value) : value) - low) / (high - low) * (to - from)
    }

    /// About five round numbers; of a logarithmic axis powers of `base`, and of a short one those between.
    func ticks(base: Double = 10) -> [Double] {
        guard isLogarithmic else { return Self.multiples(of: Self.step(high - low, isWhole), low, high) }
        let (first, last) = ((low / log(base) - 1e-9).rounded(.up), (high / log(base) + 1e-9).rounded(.down))
        let powers = first <= last ? Array(stride(from: first, through: last, by: 1)) : []
        guard powers.count < (base == 10 ? 3 : 1) else {
            let every = (powers.count + 5) / 6
            return powers.enumerated().filter { $0.offset % every == 0 }.map { pow(base, $0.element) }
        }
        let between = stride(from: (low / log(10)).rounded(.down), through: high / log(10), by: 1).flatMap { power in
            [1, 2, 5].map { $0 * pow(10, power) }
        }.filter { (low - 1e-9...high + 1e-9).contains(log($0)) }
        return between.count > 1
            ? between : Self.multiples(of: Self.step(exp(high) - exp(low), isWhole), exp(low), exp(high))
    }

    /// 1, 2 or 5 times a power of ten, about a fifth of `length`.
    private static func step(_ length: Double, _ isWhole: Bool) -> Double {
        let rough = max(length / 5, isWhole ? 1 : 0)
        let power = pow(10, log10(rough).rounded(.down))
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= 0.999 * rough } ?? rough
    }

    private static func multiples(of step: Double, _ low: Double, _ high: Double) -> [Double] {
        let first = (low / step - 1e-6).rounded(.up)
        return stride(from: first, through: high / step + 1e-6, by: 1).map { $0 == 0 ? 0 : $0 * step }
    }
}
