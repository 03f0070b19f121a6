import Autograd
import Bert
import Corpora

/// Two objectives on one pass of the encoder, their losses added.
public struct Sum<First: HiddenStateObjective, Second: HiddenStateObjective>: HiddenStateObjective {
    public typealias Counts = Pair<First.Counts, Second.Counts>

    public let first: First
    public let second: Second

    public static var name: String { "\(First.name) + \(Second.name)" }

    public init(on encoder: Encoder, tokenCounts: [Int] = [], _ layout: ParameterLayout) {
        first = First(on: encoder, tokenCounts: tokenCounts, layout)
        second = Second(on: encoder, tokenCounts: tokenCounts, layout)
    }

    public var encoder: Encoder { first.encoder }

    public func count(_ examples: [PretrainingExample]) -> Counts {
        Pair(first.count(examples), second.count(examples))
    }

    public func rows(_ batch: Batch<PretrainingExample>) -> [Int32] {
        first.rows(batch).merged(with: second.rows(batch))
    }

    public func loss(
        _ hidden: Variable, _ kept: RowSelection, _ batch: Batch<PretrainingExample>, of whole: Counts
    ) -> (loss: Variable?, counts: () -> Counts) {
        let one = first.loss(hidden, kept, batch, of: whole.first)
        let other = second.loss(hidden, kept, batch, of: whole.second)
        let sum = one.loss.flatMap { loss in other.loss.map { loss + $0 } } ?? one.loss ?? other.loss
        return (sum, { Pair(one.counts(), other.counts()) })
    }

    public func loss(_ counts: Counts) -> Double { first.loss(counts.first) + second.loss(counts.second) }

    public func figures(_ counts: Counts) -> [Figure] { first.figures(counts.first) + second.figures(counts.second) }

    public func heldOutFigures(_ counts: Counts) -> [Figure] {
        first.heldOutFigures(counts.first) + second.heldOutFigures(counts.second)
    }

    public func words(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable? {
        first.words(tokens, rows: rows, tape) ?? second.words(tokens, rows: rows, tape)
    }

    /// That of the second where the family has one for both, and the second a head at all.
    public var architecture: String {
        encoder.options.family == .bert && second.architecture != "Model" ? second.architecture : first.architecture
    }

    public func headWork(_ examples: [PretrainingExample]) -> (operations: Double, rows: Int) {
        let (one, other) = (first.headWork(examples), second.headWork(examples))
        let all = examples.reduce(0) { $0 + $1.ids.count - 1 }
        return (one.operations + other.operations, min(all, one.rows + other.rows))
    }

    public func initialize(_ weights: ModelWeights) {
        first.initialize(weights)
        second.initialize(weights)
    }
}
