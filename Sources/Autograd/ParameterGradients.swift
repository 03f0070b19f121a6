import Tensors

/// The gradients of the parameters, as the operations of one pass add to them.
public final class ParameterGradients {
    private let block: Tensor
    private let order: (turns: PassOrder, sums: GradientSums)?

    /// Of a pass on its own, which adds to `block`, a block like the parameters'.
    public init(_ block: Tensor) {
        self.block = block
        order = nil
    }

    init(of sums: GradientSums, turns: PassOrder) {
        block = sums.block
        order = (turns, sums)
    }

    /// Lets `body` add to the gradient of `parameter`, once earlier passes have; the shorter it takes, the less others wait.
    ///
    /// - Parameter overlapping: what is to be done too, before or after; before where earlier passes are not so far.
    func add(to parameter: Parameter, overlapping: () -> Void = {}, _ body: (Tensor) -> Void) {
        let sum = block.view(of: parameter)
        guard let (turns, sums) = order else {
            body(sum)
            return overlapping()
        }
        let turn = sums.turn(of: parameter)
        let mustWait = !turns.hasCome(turn)
        if mustWait { overlapping() }
        turns.use(turn, outOf: parameter.uses) { body(sum) }
        if !mustWait { overlapping() }
    }

    /// Lets `body` add to the gradient of `table` what flowed to the rows `ids`, which were looked up.
    func addLookups(of ids: [Int32], to table: Parameter, _ body: (Tensor) -> Void) {
        guard let (turns, sums) = order, let (lookups, turn) = sums.lookups(of: table) else {
            return add(to: table, body)
        }
        turns.use(turn, outOf: table.uses) { body(lookups.rows(ids)) }
    }

    /// Lets go on what does so beside the passes.
    func goOn(_ clock: PhaseClock?) {
        guard let beside = order?.sums.beside else { return }
        beside()
        clock?.lap(.exchange, isBackward: true)
    }

    /// Ends the pass: the next one waits for it no more.
    public func end() { order?.turns.endAll() }
}
