import Autograd
import Bert

/// An objective that reads last hidden states of the encoder, so that several can share one pass of it.
public protocol HiddenStateObjective: PretrainingObjective {
    /// - Parameter encoder: already in `layout`, which gets what stands on it.
    init(on encoder: Encoder, tokenCounts: [Int], _ layout: ParameterLayout)
    /// The packed rows that it reads beside those of `[CLS]`, ascending.
    func rows(_ batch: Batch<Example>) -> [Int32]
    /// Its loss, where the batch has anything for it, and what was counted, from the last hidden states of the rows of `kept`.
    func loss(
        _ hidden: Variable, _ kept: RowSelection, _ batch: Batch<Example>, of whole: Counts
    ) -> (loss: Variable?, counts: () -> Counts)
    /// Operations of its head, forward, and how many rows it reads of `examples`.
    func headWork(_ examples: [Example]) -> (operations: Double, rows: Int)
}

extension HiddenStateObjective {
    public init(
        _ encoder: EncoderOptions, _ options: PretrainingOptions, tokenCounts: [Int], _ layout: ParameterLayout
    ) {
        self.init(on: Encoder(encoder, layout), tokenCounts: tokenCounts, layout)
    }

    public func rows(_ batch: Batch<Example>) -> [Int32] { [] }

    public func headWork(_ examples: [Example]) -> (operations: Double, rows: Int) { (0, 0) }

    public func pass(
        _ batch: Batch<Example>, of whole: Counts, _ tape: Tape
    ) -> (loss: Variable, counts: () -> Counts) {
        let kept = RowSelection(batch.tokens.layout, firstRowsAnd: rows(batch))
        let hidden = encoder(batch.tokens, tape, keeping: kept)
        let (loss, counts) = loss(hidden, kept, batch, of: whole)
        return (loss ?? tape.constant(tape.pool.tensor(1, 1, [0])), counts)
    }

    public func work(_ examples: [Example]) -> Double {
        let head = headWork(examples)
        return 3
            * (FloatingPointWork(encoder.options).encoder(lengths: examples.map(\.ids.count), rows: head.rows)
                + head.operations)
    }
}
