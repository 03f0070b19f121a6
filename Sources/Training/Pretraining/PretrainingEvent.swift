import Foundation

/// What a pretraining run tells while it works; how it looks is the caller's affair.
public enum PretrainingEvent: Sendable {
    /// The run begins at `step` (0, or where it was left) of `totalSteps`.
    case started(step: Int, totalSteps: Int, parameters: Int)
    case step(PretrainingStepReport)
    case evaluated(PretrainingEvaluation)
    case saved(step: Int, URL)
    /// Something was passed over that the user should know of.
    case warning(String)
}

/// One optimizer step; a line of `metrics.jsonl`.
public struct PretrainingStepReport: Sendable, Codable, Equatable {
    public private(set) var kind = "step"
    /// Steps done, this one included.
    public let step: Int
    public let totalSteps: Int
    public let epoch: Int
    /// Mean masked-LM loss plus mean sentence-order loss, in nats.
    public let loss: Double
    public let maskedLoss: Double
    public let maskedAccuracy: Double
    public let orderAccuracy: Double?
    public let rate: Float
    /// Global norm before clipping.
    public let gradientNorm: Double
    /// Tokens of the step and of the run so far.
    public let tokens: Int
    public let totalTokens: Int
    public let tokensPerSecond: Double
    /// Products of the step over the measured peak of the machine; nil where it was too busy to measure one.
    public let shareOfPeak: Double?
    /// Seconds of work so far, over all sittings.
    public let seconds: Double

    /// Seconds to the end at the speed so far.
    public var secondsLeft: Double { seconds / Double(step) * Double(totalSteps - step) }
}

/// The held-out text at one step; a line of `metrics.jsonl`.
public struct PretrainingEvaluation: Sendable, Codable, Equatable {
    public private(set) var kind = "evaluation"
    public let step: Int
    /// Mean masked-LM loss in nats.
    public let maskedLoss: Double
    public let perplexity: Double
    public let maskedAccuracy: Double
    public let orderAccuracy: Double?
    public let sequences: Int
    public let maskedTokens: Int
    public let totalTokens: Int
    /// Seconds of work so far, over all sittings.
    public let seconds: Double

    init(_ counts: PretrainingCounts, step: Int, sequences: Int, totalTokens: Int, seconds: Double) {
        self.step = step
        maskedLoss = counts.meanMaskedLoss
        perplexity = counts.perplexity
        maskedAccuracy = counts.maskedAccuracy
        orderAccuracy = counts.orderAccuracy
        self.sequences = sequences
        maskedTokens = counts.maskedCount
        self.totalTokens = totalTokens
        self.seconds = seconds
    }
}
