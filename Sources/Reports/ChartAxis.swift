import Foundation

/// From values to places on a picture.
struct ChartAxis {
    let low, high, from, to: Double
    let isLogarithmic: Bool

    init(_ values: [Double], _ from: Double, _ to: Double, _ isLogarithmic: Bool = false) {
        let scaled = values.map { isLogarithmic ? log($0) : $0 }
        low = scaled.min() ?? 0
        high = max(scaled.max() ?? 1, low + 1e-3)
        (self.from, self.to, self.isLogarithmic) = (from, to, isLogarithmic)
    }

    func place(_ value: Double) -> Double {
        from + ((isLogarithmic ? log(value) : value) - low) / (high - low) * (to - from)
    }

    /// Powers of `base`, or about five round numbers.
    func ticks(base: Double = 10) -> [Double] {
        guard !isLogarithmic else {
            let (first, last) = ((low / log(base) - 1e-9).rounded(.up), (high / log(base) + 1e-9).rounded(.down))
            return first <= last ? stride(from: first, through: last, by: 1).map { pow(base, $0) } : []
        }
        let rough = (high - low) / 5
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        return Array(stride(from: (low / step).rounded(.up) * step, through: high, by: step))
    }
}
