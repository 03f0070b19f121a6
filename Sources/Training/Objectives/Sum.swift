import Autograd
import Bert
import Corpora

/// Two objectives on one pass of the encoder, their losses added.
public struct Sum<First: HiddenStateObjective, Second: HiddenStateObjective>: HiddenStateObjective {
    public struct Counts: Summable {
        public var first = First.Counts()
        public var second = Second.Counts()

        public init() {}
        init(_ first: First.Counts, _ second: Second.Counts) { (self.first, self.second) = (first, second) }

        public static func += (sum: inout Self, other: Self) {
            sum.first += other.first
            sum.second += other.second
        }
    }

    public let first: First
    public let second: Second

    public init(
        _ encoder: Encoder, _ options: PretrainingOptions, tokenCounts: [Int], _ layout: ParameterLayout
    ) {
        first = First(encoder, options, tokenCounts: tokenCounts, layout)
        second = Second(encoder, options, tokenCounts: tokenCounts, layout)
    }

    public var encoder: Encoder { first.encoder }

    public func count(_ examples: [PretrainingExample]) -> Counts {
        Counts(first.count(examples), second.count(examples))
    }

    public func rows(_ batch: Batch<PretrainingExample>) -> [Int32] {
        Set(first.rows(batch)).union(second.rows(batch)).sorted()
    }

    public func loss(
        _ hidden: Variable, _ kept: RowSelection, _ batch: Batch<PretrainingExample>, of whole: Counts
    ) -> (loss: Variable?, counts: Counts) {
        let one = first.loss(hidden, kept, batch, of: whole.first)
        let other = second.loss(hidden, kept, batch, of: whole.second)
        let sum = one.loss.flatMap { loss in other.loss.map { loss + $0 } } ?? one.loss ?? other.loss
        return (sum, Counts(one.counts, other.counts))
    }

    public func loss(_ counts: Counts) -> Double { first.loss(counts.first) + second.loss(counts.second) }

    public func figures(_ counts: Counts) -> [Figure] { first.figures(counts.first) + second.figures(counts.second) }

    public func heldOutFigures(_ counts: Counts) -> [Figure] {
        first.heldOutFigures(counts.first) + second.heldOutFigures(counts.second)
    }

    /// That of the second where the family has one for both.
    public var architecture: String {
        encoder.options.family == .bert ? second.architecture : first.architecture
    }

    public func headWork(_ examples: [PretrainingExample]) -> (operations: Double, rows: Int) {
        let (one, other) = (first.headWork(examples), second.headWork(examples))
        return (one.operations + other.operations, one.rows + other.rows)
    }

    public func initialize(_ weights: ModelWeights) {
        first.initialize(weights)
        second.initialize(weights)
    }
}
