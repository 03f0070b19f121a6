import Autograd
import Foundation
import Tasks

/// How the values of a task of one's own are learned: y / unit, from their mean on, so that prices are learned as ratings are. What
/// is saved gives y itself: the unit is a power of two, by which the last layer's weights are multiplied without losing a bit.
struct ValueScale: Sendable {
    /// The power of two that is nearest to the standard deviation of the training rows.
    let unit: Float
    /// Of the training rows.
    let mean: Float

    /// Nil where the training rows have no values, or those of a range that is known.
    ///
    /// - Throws: `TaskError` where their labels are all one, single precision does not tell them apart, or it has too few exponents for
    ///   weights in their unit.
    init?(_ task: TaskSource, _ rows: [EncodedRow]) throws {
        guard task.target == .number, !rows.isEmpty else { return nil }
        let values = rows.compactMap(\.target.first).map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        self.mean = Float(mean)
        guard deviation > 0 else {
            throw TaskError(task.title, "all its labels are \(values[0]); wanted two values at least")
        }
        func problem(_ text: String) -> TaskError {
            TaskError(task.title, "its labels deviate from their mean by \(Float(deviation))\(text)")
        }
        guard (-100...100).contains(log2(deviation)) else {
            throw problem("; wanted 1e-30 to 1e30, in another unit")
        }
        unit = Float(sign: .plus, exponent: Int(log2(deviation).rounded()), significand: 1)
        let largest = Float(values.reduce(0) { max($0, $1.magnitude) })
        guard Double(largest.ulp) <= deviation / 100 else {
            let apart = ", where numbers as large as \(largest) are \(largest.ulp) apart"
            throw problem("\(apart); wanted labels with a constant subtracted from all")
        }
    }

    /// Of a run: what of an earlier program is in its state is in no units.
    var identity: [String: String] { unit == 1 ? [:] : ["labelUnit": "\(unit)"] }

    /// Whether a parameter is in units where it is learned.
    static func isScaled(_ parameter: Parameter) -> Bool {
        parameter.name.hasPrefix("classifier.") && !parameter.name.hasPrefix("classifier.dense.")
    }
}
