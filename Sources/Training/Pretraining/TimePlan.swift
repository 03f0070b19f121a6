import Foundation

/// The steps of a budget of time: estimated before the first, and planned again at some shares of the time from what steps
/// took since, so that the run ends when the time does.
struct TimePlan {
    private let budget: Double
    private let evaluateEvery: Int
    /// Shares of the time at which there is a plan still to be made.
    private var due: [Double]
    private var planned: (step: Int, seconds: Double)
    private var evaluationSeconds = 0.0
    private var evaluationSecondsSincePlan = 0.0

    private static let shares = [0.05, 0.12, 0.25, 0.5, 0.75, 0.9, 0.97]

    /// Nil of a budget of steps or tokens, whose steps do not depend on the machine.
    ///
    /// - Parameters:
    ///   - step: where the sitting begins.
    ///   - seconds: of the time, what has passed by then.
    init?(_ options: PretrainingOptions, step: Int, seconds: Double) {
        guard case .seconds(let budget) = options.budget else { return nil }
        self.budget = budget
        evaluateEvery = options.evaluation.every
        due = Self.shares.filter { $0 > seconds / budget }
        planned = (step, seconds)
    }

    mutating func noteEvaluation(seconds: Double) {
        evaluationSeconds = seconds
        evaluationSecondsSincePlan += seconds
    }

    /// All steps of the run by what those since the last plan took; nil where it is not yet time for another plan.
    ///
    /// - Parameter seconds: of the time, what has passed when `step` steps are done.
    mutating func steps(after step: Int, seconds: Double) -> Int? {
        guard let share = due.first, seconds >= share * budget, step > planned.step else { return nil }
        due.removeAll { $0 * budget <= seconds }
        let each = (seconds - planned.seconds - evaluationSecondsSincePlan) / Double(step - planned.step)
        (planned, evaluationSecondsSincePlan) = ((step, seconds), 0)
        guard seconds + evaluationSeconds + each < budget else { return step }
        return step
            + Budget.seconds(budget - seconds).steps(
                tokensPerStep: 1, secondsPerStep: each, secondsPerEvaluation: evaluationSeconds,
                evaluateEvery: evaluateEvery)
    }
}
