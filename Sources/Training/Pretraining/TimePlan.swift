import Foundation

/// The steps of a budget of time: estimated before the first, and planned again from what steps took since, so that the run
/// ends when the time does.
struct TimePlan {
    private let budget: Double
    private let evaluateEvery: Int
    private var planned: (step: Int, seconds: Double)
    /// The next plan is made behind whichever comes first.
    private var next: (step: Int, seconds: Double)
    private var evaluationSeconds = 0.0
    private var evaluationSecondsSincePlan = 0.0

    /// Share of what is left of the run until the first plan of a process, and until the others.
    private static let (first, others) = (1.0 / 16, 1.0 / 2)
    /// The share of the budget at the end that is not planned again.
    private static let end = 0.02

    /// Nil where the budget is no time: then the steps do not depend on the machine.
    ///
    /// - Parameters:
    ///   - step: where the process begins, of `total` by the plan before.
    ///   - seconds: of the time, what has passed by then.
    init?(_ options: some TrainingOptions, step: Int, of total: Int, seconds: Double) {
        guard case .seconds(let budget) = options.budget else { return nil }
        self.budget = budget
        evaluateEvery = options.evaluation.every
        planned = (step, seconds)
        next = planned
        schedule(of: total, share: Self.first)
    }

    mutating func noteEvaluation(seconds: Double) {
        evaluationSeconds = seconds
        evaluationSecondsSincePlan += seconds
    }

    /// All steps of the run by what those since the last plan took; nil where it is not yet time for another plan.
    ///
    /// - Parameter seconds: of the time, what has passed when `step` steps are done.
    mutating func steps(after step: Int, seconds: Double) -> Int? {
        guard step > planned.step, step >= next.step || seconds >= next.seconds else { return nil }
        let each = (seconds - planned.seconds - evaluationSecondsSincePlan) / Double(step - planned.step)
        (planned, evaluationSecondsSincePlan) = ((step, seconds), 0)
        var total = step
        if seconds + evaluationSeconds + each <= budget {
            total += Budget.steps(
                inSeconds: budget - seconds, secondsPerStep: each, secondsPerEvaluation: evaluationSeconds,
                evaluateEvery: evaluateEvery)
        }
        schedule(of: total, share: Self.others)
        return total
    }

    private mutating func schedule(of total: Int, share: Double) {
        guard budget - planned.seconds > Self.end * budget else {
            next = (.max, .infinity)
            return
        }
        next = (
            planned.step + max(1, Int(share * Double(total - planned.step))),
            planned.seconds + share * (budget - planned.seconds)
        )
    }
}
