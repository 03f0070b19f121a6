import Autograd
import Tasks

extension Variable {
    /// weight · Σ loss of the rows of logits: the cross-entropy of a class or of each word's tag, the mean over labels of their binary ones, or the
    /// squared error of a value.
    ///
    /// - Parameter rows: what each row shall say, as of `TaskRow`.
    func loss(of target: Target, _ rows: [[Float]], weight: Float, smoothing: Float) -> Loss {
        switch target {
        case .classes: crossEntropy(rows.map { Int32($0[0]) }, weight: weight, smoothing: smoothing)
        case .labels: binaryCrossEntropy(rows.map { $0.map(Int.init) }, weight: weight, smoothing: smoothing)
        case .tags: crossEntropy(rows.joined().map { Int32($0) }, weight: weight, smoothing: smoothing)
        case .value: squaredError(rows.map { $0[0] }, weight: weight)
        }
    }
}
