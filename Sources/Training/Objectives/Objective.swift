import Autograd
import Bert
import Checkpoints
import Foundation
import Tokenization

/// What a model learns, and how it is told: the one thing that runs differ in.
///
/// Losses are sums over the whole step divided once by its counts, so that they add up to means however the step is cut.
public protocol Objective: Sendable {
    associatedtype Example: TokenSequence
    /// What passes count: sums, so that micro-batches, slices and ranks add up exactly.
    associatedtype Counts: Summable
    /// What held-out examples give, in the log beside the step.
    associatedtype Result: EvaluationResult

    /// Whose work, names and configuration the run's are.
    var encoder: Encoder { get }

    /// What there is to count in the examples of a whole step.
    func count(_ examples: [Example]) -> Counts
    /// Forward: the loss of a batch, its share of that of the step whose counts are `whole`, and what was counted, for which a GPU
    /// is waited for once it is asked.
    func pass(_ batch: Batch<Example>, of whole: Counts, _ tape: Tape) -> (loss: Variable, counts: () -> Counts)
    /// The mean loss, which is learned from.
    func loss(_ counts: Counts) -> Double
    /// What else a step tells.
    func figures(_ counts: Counts) -> [Figure]
    /// Floating-point operations of a step on `examples`, forward and backward.
    func work(_ examples: [Example]) -> Double

    /// What the model gives on `examples`, without dropout.
    ///
    /// - Throws: `Diverged` where it gives nothing that can be written down.
    func evaluate(_ examples: [Example], _ weights: ModelWeights, _ cut: BatchCut) throws(Diverged) -> HeldOut<Result>
    /// Goes over examples as `evaluate` does, which may be a part of what that scores, for the time that it takes.
    func rehearse(_ examples: [Example], _ weights: ModelWeights, _ cut: BatchCut)
    /// What it puts in the place of masks in some of the examples; empty where it has none.
    func filled(
        _ examples: [Example], _ weights: ModelWeights, _ tokenizer: any Tokenizer
    ) -> [[FilledMasks.Part]]
    /// What is logged as the kind of an evaluation.
    static var evaluationKind: String { get }
    /// Whether a parameter is of the model that is saved; what only learning needs lies with the run's state.
    func isSaved(_ parameter: Parameter) -> Bool
    /// What a parameter is multiplied by where it is saved: a power of two, so that no bit is lost.
    func unit(of parameter: Parameter) -> Float
    /// The model for `config.json`.
    var configuration: HuggingFaceConfiguration { get }
    /// Changes first weights that were drawn.
    func initialize(_ weights: ModelWeights)
    /// The embeddings of which a pass reads, and gives gradients to, no other rows than those of its examples' ids: rows of other
    /// ids then have their updates later. Nil, as by default, where it may be any row.
    var table: Parameter? { get }
    /// Why no GPU can run it; nil where one can.
    var problemOnDevice: DeviceProblem? { get }
}

extension Objective {
    public func isSaved(_ parameter: Parameter) -> Bool { true }
    public func unit(of parameter: Parameter) -> Float { 1 }
    public func initialize(_ weights: ModelWeights) {}
    public func rehearse(_ examples: [Example], _ weights: ModelWeights, _ cut: BatchCut) {
        _ = try? evaluate(examples, weights, cut)
    }
    public func filled(
        _ examples: [Example], _ weights: ModelWeights, _ tokenizer: any Tokenizer
    ) -> [[FilledMasks.Part]] { [] }
    public var table: Parameter? { nil }
    public var problemOnDevice: DeviceProblem? { nil }

    /// What the model counts on `examples`, without dropout.
    func measure(_ examples: [Example], _ weights: ModelWeights, _ cut: BatchCut) -> Counts {
        let whole = count(examples)
        let batches = cut.batches(of: examples).flatMap { $0 }
        return weights.infer(batches) { [pass($0, of: whole, $1).counts()] }.flatMap { $0 }.sum
    }
}

/// What held-out examples gave.
public struct HeldOut<Result> {
    public let result: Result
    /// The best evaluation has the highest.
    public let score: Double
    /// Writes the predictions of an objective that has any.
    var keep: (_ file: URL) throws -> Void = { _ in }
}

/// The loss of a model that diverged.
public struct Diverged: Error {
    let loss: Double
}

/// What adds up, and goes from rank to rank as it lies in memory.
public protocol Summable: Sendable, Equatable, BitwiseCopyable {
    init()
    static func += (sum: inout Self, other: Self)
}

extension Array where Element: Summable {
    /// All of them added up, in order.
    var sum: Element { reduce(into: Element()) { $0 += $1 } }
}

/// What two objectives count.
public struct Pair<First: Summable, Second: Summable>: Summable {
    public var first = First()
    public var second = Second()

    public init() {}
    init(_ first: First, _ second: Second) { (self.first, self.second) = (first, second) }

    public static func += (sum: inout Self, other: Self) {
        sum.first += other.first
        sum.second += other.second
    }
}

/// What a loss counts.
public struct Tally: Summable {
    /// Σ loss, in nats where it is -log p.
    public var loss = 0.0
    public var correct = 0
    public var count = 0

    public init() {}
    init(count: Int) { self.count = count }
    init(_ loss: Loss) { (self.loss, correct, count) = (loss.sum, loss.correct, loss.count) }

    public var mean: Double { loss / Double(max(1, count)) }
    public var accuracy: Double { Double(correct) / Double(max(1, count)) }
    /// What a loss is multiplied by to add up to the mean.
    public var weight: Float { 1 / Float(max(1, count)) }

    public static func += (sum: inout Self, other: Self) {
        sum.loss += other.loss
        sum.correct += other.correct
        sum.count += other.count
    }
}
