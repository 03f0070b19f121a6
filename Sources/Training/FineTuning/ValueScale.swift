import Autograd
import Foundation
import Tasks

/// How the values of a task of one's own are learned: y / unit, from their mean on, so that prices are learned as ratings are. What
/// is saved gives y itself: the unit is a power of two, by which the last layer's weights are multiplied without losing a bit.
struct ValueScale {
    /// The power of two that is nearest to the standard deviation of the training rows.
    let unit: Float
    /// Of the training rows.
    let mean: Float

    /// Nil where the rows have no values, or those of a range that is known.
    init?(_ data: TaskData) {
        guard data.task.target == .number, !data.training.isEmpty else { return nil }
        let values = data.training.compactMap(\.target.first).map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        self.mean = Float(mean)
        let exponent = deviation > 0 ? min(100, max(-100, log2(deviation).rounded())) : 0
        unit = Float(sign: .plus, exponent: Int(exponent), significand: 1)
    }

    /// Of a run: what of an earlier program is in its state is in no units.
    var identity: [String: String] { unit == 1 ? [:] : ["labelUnit": "\(unit)"] }

    /// Whether a parameter is in units where it is learned.
    static func isScaled(_ parameter: Parameter) -> Bool {
        parameter.name.hasPrefix("classifier.") && !parameter.name.hasPrefix("classifier.dense.")
    }
}
