import Foundation

extension ScheduleOptions {
    /// The factor of the peak rate at `step` (from 0) of `total`: (s + 1) / W during a warm-up of W steps, then
    /// (N - s) / (N - W), ½ (1 + cos π (s - W) / (N - W)) or 1.
    public func factor(step: Int, of total: Int) -> Float {
        let warmup = warmupSteps(of: total)
        if step < warmup { return Float(step + 1) / Float(warmup) }
        let remaining = Double(total - step) / Double(max(1, total - warmup))
        return switch shape {
        case .linear: Float(max(0, remaining))
        case .cosine: Float(0.5 * (1 + cos(Double.pi * (1 - min(1, max(0, remaining))))))
        case .constant: 1
        }
    }

    /// Steps of warm-up in a run of `total`; where they are more, the run ends below the peak.
    public func warmupSteps(of total: Int) -> Int {
        switch warmup {
        case .share(let share): Int((share * Double(total)).rounded())
        case .steps(let steps): steps
        }
    }
}
