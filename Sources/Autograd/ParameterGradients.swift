import Tensors

/// The gradients of the parameters, as the operations of one pass add to them.
public final class ParameterGradients {
    private let block: Tensor
    private let order: (turns: PassTurns, sums: GradientSums)?

    /// Of a pass on its own, which adds to `block`, a block like the parameters'.
    public init(_ block: Tensor) {
        self.block = block
        order = nil
    }

    init(of sums: GradientSums, turns: PassTurns) {
        block = sums.block
        order = (turns, sums)
    }

    /// Lets `body` add to the gradient of `parameter`, once earlier passes have; the shorter it takes, the less others wait.
    ///
    /// - Parameter meanwhile: what is to be done too, before or after; before where earlier passes are not so far.
    func add(to parameter: Parameter, meanwhile: () -> Void = {}, _ body: (Tensor) -> Void) {
        let turn = order?.sums.turn(of: parameter)
        let mustWait = turn.map { order?.turns.hasCome($0) == false } ?? false
        if mustWait { meanwhile() }
        add(turn: turn, uses: parameter.uses) { body(block.view(of: parameter)) }
        if !mustWait { meanwhile() }
    }

    /// Lets `body` add to the gradient of `table` what flowed to the rows `ids`, which were looked up.
    func addLookups(of ids: [Int32], to table: Parameter, _ body: (Tensor) -> Void) {
        guard let (lookups, turn) = order?.sums.lookups(of: table) else { return add(to: table, body) }
        add(turn: turn, uses: 1) { body(lookups.rows(ids)) }
    }

    private func add(turn: Int?, uses: Int, _ body: () -> Void) {
        if let turn { order?.turns.take(turn) }
        body()
        if let turn { order?.turns.countUse(of: turn, outOf: uses) }
    }

    /// Ends the pass: the next one waits for it no more.
    public func end() { order?.turns.endAll() }
}
