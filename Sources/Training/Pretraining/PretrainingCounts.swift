import Bert
import Foundation

/// What a pretraining pass counted: sums, so that micro-batches, slices and ranks add up exactly.
public struct PretrainingCounts: Sendable, Equatable {
    /// Σ -log p over masked tokens, in nats.
    public var maskedLoss = 0.0
    public var maskedCorrect = 0
    public var maskedCount = 0
    /// Σ -log p over pairs, in nats.
    public var orderLoss = 0.0
    public var orderCorrect = 0
    public var orderCount = 0

    public init() {}

    init(_ loss: PretrainingLoss) {
        maskedLoss = loss.masked.sum
        maskedCorrect = loss.masked.correct
        maskedCount = loss.masked.count
        orderLoss = loss.order?.sum ?? 0
        orderCorrect = loss.order?.correct ?? 0
        orderCount = loss.order?.count ?? 0
    }

    /// Mean masked-LM loss in nats.
    public var meanMaskedLoss: Double { maskedLoss / Double(max(1, maskedCount)) }
    /// exp of the mean masked-LM loss.
    public var perplexity: Double { exp(meanMaskedLoss) }
    public var maskedAccuracy: Double { Double(maskedCorrect) / Double(max(1, maskedCount)) }
    public var meanOrderLoss: Double { orderLoss / Double(max(1, orderCount)) }
    /// Nil where nothing was a pair.
    public var orderAccuracy: Double? { orderCount == 0 ? nil : Double(orderCorrect) / Double(orderCount) }
    /// The objective: the mean masked loss plus the mean order loss.
    public var loss: Double { meanMaskedLoss + meanOrderLoss }

    public static func += (sum: inout Self, other: Self) {
        sum.maskedLoss += other.maskedLoss
        sum.maskedCorrect += other.maskedCorrect
        sum.maskedCount += other.maskedCount
        sum.orderLoss += other.orderLoss
        sum.orderCorrect += other.orderCorrect
        sum.orderCount += other.orderCount
    }
}
