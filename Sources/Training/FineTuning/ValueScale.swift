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

    private let deviation: Double

    /// Nil where the rows have no values, or those of a range that is known.
    init?(_ data: TaskData) { self.init(data.task, data.training) }

    private init?(_ task: TaskSource, _ rows: [EncodedRow]) {
        guard task.target == .number, !rows.isEmpty else { return nil }
        let values = rows.compactMap(\.target.first).map(Double.init)
        let mean = values.reduce(0, +) / Double(values.count)
        deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        self.mean = Float(mean)
        let exponent = deviation > 0 ? log2(deviation).rounded() : 0
        unit = Float(sign: .plus, exponent: Int(exponent), significand: 1)
    }

    /// - Throws: `TaskError` where single precision does not tell the labels of these rows apart, or has too few exponents for weights
    ///   in their unit.
    static func check(_ rows: [EncodedRow], of task: TaskSource) throws {
        guard let scale = ValueScale(task, rows), scale.deviation > 0 else { return }
        let largest = rows.compactMap(\.target.first).reduce(0) { max($0, $1.magnitude) }
        func problem(_ text: String) -> TaskError {
            TaskError(task.title, "its labels deviate from their mean by \(Float(scale.deviation))\(text)")
        }
        guard (-100...100).contains(log2(scale.deviation)) else {
            throw problem("; wanted 1e-30 to 1e30, in another unit")
        }
        guard Double(largest.ulp) <= scale.deviation / 100 else {
            let apart = ", where numbers as large as \(largest) are \(largest.ulp) apart"
            throw problem("\(apart); wanted them less what they have in common")
        }
    }

    /// Of a run: what of an earlier program is in its state is in no units.
    var identity: [String: String] { unit == 1 ? [:] : ["labelUnit": "\(unit)"] }

    /// Whether a parameter is in units where it is learned.
    static func isScaled(_ parameter: Parameter) -> Bool {
        parameter.name.hasPrefix("classifier.") && !parameter.name.hasPrefix("classifier.dense.")
    }
}
