import Foundation

/// What a fine-tuning run tells while it works.
public enum FineTuningEvent: Sendable {
    /// The run begins at `step` (0, or where it was left) of `totalSteps`.
    case started(step: Int, totalSteps: Int, parameters: Int, fresh: [String])
    case step(FineTuningStepReport)
    case epoch(FineTuningEpochReport)
    case saved(step: Int, URL)
    case warning(String)
}

/// One optimizer step; a line of `metrics.jsonl`.
public struct FineTuningStepReport: Sendable, Codable, Equatable {
    public private(set) var kind = "step"
    /// Steps done, this one included.
    public let step: Int
    public let totalSteps: Int
    /// From 1.
    public let epoch: Int
    /// Mean loss of the step's rows.
    public let loss: Double
    public let rate: Float
    /// Global norm before clipping.
    public let gradientNorm: Double
    public let rowsPerSecond: Double
    public let tokensPerSecond: Double
    /// Products of the step over the measured peak of the machine; nil where it was too busy to measure one.
    public let shareOfPeak: Double?
    /// Seconds of work so far, over all sittings.
    public let seconds: Double

    /// Seconds to the end at the speed so far.
    public var secondsLeft: Double { seconds / Double(step) * Double(totalSteps - step) }
}

/// The dev set after an epoch; a line of `metrics.jsonl`.
public struct FineTuningEpochReport: Sendable, Codable, Equatable {
    public private(set) var kind = "epoch"
    public let step: Int
    /// From 1.
    public let epoch: Int
    /// Mean training loss of the epoch's steps in this sitting.
    public let trainingLoss: Double
    public let evaluation: TaskEvaluation
    public let isBest: Bool
    /// Seconds of work so far, over all sittings.
    public let seconds: Double
}
