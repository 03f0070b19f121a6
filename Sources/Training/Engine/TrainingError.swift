/// Why a run stopped.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The loss or a gradient is no number any more, or none whose exponential is; of a step nothing was updated.
    case diverged(step: Int, loss: Double, norms: [String], lastGood: String?)
    /// Stopped on request, with everything saved.
    case interrupted(step: Int)
    /// What is asked for is not here: instructions of the CPU, or a folder.
    case mismatch(String)
    /// What is asked for runs on no GPU.
    case device(String)

    public var description: String {
        switch self {
        case .diverged(let step, let loss, let norms, let lastGood):
            "step \(step): the loss is \(loss.isNaN ? "nan" : "\(loss)"); "
                + (norms.isEmpty ? "" : "gradient norms: \(norms.joined(separator: ", ")); ")
                + (lastGood.map { "the last good checkpoint is \($0); " } ?? "no checkpoint was saved yet; ")
                + "try a lower optimizer.rate or a longer schedule.warmup"
        case .interrupted(step: 0): "stopped before a step; the same command continues from there"
        case .interrupted(let step): "stopped at step \(step); the same command continues from there"
        case .mismatch(let text): text
        case .device(let text): "\(text); wanted --device cpu"
        }
    }
}
