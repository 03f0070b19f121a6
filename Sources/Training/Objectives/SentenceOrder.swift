import Autograd
import Bert
import Corpora

/// -log p(order) of the pairs of segments, 0 in order and 1 swapped, a mean over all of a step (Lan et al. 2020, ALBERT, section
/// 3.1).
public struct SentenceOrder: HiddenStateObjective {
    public static let name = "sentenceOrder"

    public let encoder: Encoder
    private let pooler: Pooler
    private let classifier: Dense

    public init(on encoder: Encoder, tokenCounts: [Int] = [], _ layout: ParameterLayout) {
        self.encoder = encoder
        let options = encoder.options
        pooler = Pooler(options, layout)
        classifier = Dense(layout.scope("cls.seq_relationship"), from: options.width, to: 2, options)
    }

    public func count(_ examples: [PretrainingExample]) -> Tally {
        Tally(count: examples.count { $0.isOrdered != nil })
    }

    /// Of the mean of a sequence all are read.
    public func rows(_ batch: Batch<PretrainingExample>) -> [Int32] {
        isMean ? (0..<Int32(batch.tokens.layout.tokens)).map { $0 } : []
    }

    public func headWork(_ examples: [PretrainingExample]) -> (operations: Double, rows: Int) {
        (0, isMean ? examples.reduce(0) { $0 + $1.ids.count - 1 } : 0)
    }

    private var isMean: Bool { encoder.options.pooling == .mean }

    public func loss(
        _ hidden: Variable, _ kept: RowSelection, _ batch: Batch<PretrainingExample>, of whole: Tally
    ) -> (loss: Variable?, counts: () -> Tally) {
        let pairs = batch.examples.indices.filter { batch.examples[$0].isOrdered != nil }
        guard !pairs.isEmpty else { return (nil, { Tally() }) }
        let first = isMean ? hidden.meanRows(kept.layout) : hidden.gatherRows(kept.layout.firstRows)
        let labels: [Int32] = pairs.map { batch.examples[$0].isOrdered == true ? 0 : 1 }
        let loss = classifier(pooler(first.gatherRows(pairs.map(Int32.init)))).crossEntropy(
            labels, weight: whole.weight)
        return (loss.variable, { Tally(loss) })
    }

    public func loss(_ counts: Tally) -> Double { counts.mean }

    public func figures(_ counts: Tally) -> [Figure] {
        counts.count == 0 ? [] : [Figure("orderAccuracy", counts.accuracy)]
    }

    public var architecture: String { "ForPreTraining" }

    /// Logits [sequences, 2]: class 0 in order, class 1 swapped.
    public func logits(_ tokens: PackedTokens, _ tape: Tape) -> Variable {
        classifier(pooler(encoder.pooled(tokens, tape).rows))
    }
}
