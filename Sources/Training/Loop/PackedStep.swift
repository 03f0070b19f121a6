/// The examples of a step as the model takes them. No step before it has a say in this, so it can be made ahead of its time.
public struct PackedStep<O: Objective>: Sendable {
    let sequences: Int
    let tokens: Int
    /// What there is to count in all of them.
    let whole: O.Counts
    /// Floating-point operations of the step.
    public let work: Double
    /// Of every shard of this rank, the micro-batches of every slice.
    let batches: [Int: [[Batch<O.Example>]]]
    /// Of the objective's table, where it has one, those that the step reads.
    let rows: RowRuns?
}

/// Counts, cuts and packs the examples of steps, on any thread.
public struct StepPacker<O: Objective>: Sendable {
    let objective: O
    let cut: BatchCut
    /// Of every step those of this rank.
    let shards: Range<Int>

    public func pack(_ examples: [O.Example]) -> PackedStep<O> {
        let lengths = examples.map(\.ids.count)
        let ranges = cut.shards(of: lengths)
        let ids = objective.table.map { _ in Set(examples.lazy.map(\.ids).joined()) }
        return PackedStep(
            sequences: examples.count, tokens: lengths.reduce(0, +), whole: objective.count(examples),
            work: objective.work(examples),
            batches: Dictionary(
                uniqueKeysWithValues: shards.map { ($0, cut.batches(of: examples, in: ranges[$0])) }),
            rows: ids.map { RowRuns($0) })
    }
}
