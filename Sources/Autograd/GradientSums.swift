import Tensors

/// The gradients of a step: one block like the parameters', to which passes add that run at the same time.
///
/// Every parameter's sum is in the order of the passes: pass k adds to it once pass k - 1 has. So it has the same bits however
/// passes are spread over threads, and next to nothing is left to be summed when the last one ends. Passes must begin in
/// their order; then the earliest that still runs waits for nobody.
public final class GradientSums {
    /// The sums, [1, `blockCount`] of the layout; whoever has used them clears them.
    public var block: Tensor
    private let lookups: [TiedLookups]
    private let turns: [EventCount]
    private let turnsByOffset: [Int: Int]
    private let stacks: [Range<Int>]
    /// What is to go on beside the passes: called between the operations that go back, by any of their threads.
    public var beside: (() -> Void)?

    /// Zeros for all parameters of `layout`.
    ///
    /// - Parameter block: where they lie; nil for memory of the pool.
    public init(_ layout: ParameterLayout, in block: Tensor? = nil, from pool: StoragePool) {
        self.block = block ?? pool.zeros(1, layout.blockCount)
        lookups = layout.tied.map { TiedLookups($0, from: pool) }
        stacks = layout.stacks
        turns = (0..<stacks.count + layout.tied.count).map { _ in EventCount() }
        turnsByOffset = stacks.enumerated().reduce(into: [:]) { $0[$1.element.lowerBound] = $1.offset }
    }

    /// Before the first pass of a step.
    public func begin() {
        for turn in turns { turn.reset() }
    }

    /// What pass `index` of the step, from 0, adds to; `clock` leaves out the time in which it waits.
    public func pass(_ index: Int, clock: PhaseClock? = nil) -> ParameterGradients {
        ParameterGradients(of: self, turns: PassOrder(turns, pass: index, clock: clock))
    }

    /// After the last pass of a step: completes the sums.
    public func finish(each: EachIndex) {
        for lookups in lookups { lookups.finish(into: block, each: each) }
    }

    /// The turns that those who add to a part of the block take; nil where `finish` adds to it too.
    public func turns(in part: Range<Int>) -> Range<Int>? {
        if lookups.contains(where: { $0.table.range.overlaps(part) }) { return nil }
        // Stacks lie in order.
        let first = stacks.firstIndex { $0.upperBound > part.lowerBound } ?? stacks.count
        return first..<first + stacks[first...].prefix { $0.lowerBound < part.upperBound }.count
    }

    /// Whether so many passes have had all of these turns: nothing is added there any more.
    public func areOver(_ some: Range<Int>, after passes: Int) -> Bool {
        turns[some].allSatisfy { $0.hasReached(passes) }
    }

    /// The turn for `parameter`, which may be several that are stacked: their first counts.
    func turn(of parameter: Parameter) -> Int {
        guard let turn = turnsByOffset[parameter.offset] else {
            preconditionFailure("\(parameter.name) is not of this layout")
        }
        return turn
    }

    /// The lookups of `table` and their turn, where it is tied.
    func lookups(of table: Parameter) -> (TiedLookups, turn: Int)? {
        lookups.firstIndex { $0.table == table }.map { (lookups[$0], turns.count - lookups.count + $0) }
    }
}
