import Tensors

/// One pass through a model: the parameters it reads, the memory it uses, and, in training, the operations to undo.
///
/// The tape is flat: operations are appended as they run and popped as `backward` unwinds them, so that each one's
/// activations return to the pool as soon as they have served. The order of recording is a topological order, so
/// nothing is searched or sorted.
public final class Tape {
    public enum Mode {
        /// Nothing is recorded or dropped out.
        case inference
        /// Operations are recorded, gradients of parameters are added to `gradients`, and dropout draws from `random`.
        case training(gradients: ParameterGradients, random: RandomStream)
    }

    public let mode: Mode
    public let pool: StoragePool
    /// The products of dense layers and of dense attentions, in the pass's precision.
    public let products: Products
    /// The threads of this pass.
    public var team: Team { products.team }
    private let parameters: Tensor
    /// What computes the pass; nil for the CPU's kernels.
    public let machine: (any Machine)?
    /// The weights of dense layers, where they are made ready ahead; of bf16 always.
    let panels: WeightPanels?
    private let clock: PhaseClock?
    /// Whether models keep the inputs of blocks alone and compute the rest once more: less memory, more time, same bits.
    public let recomputes: Bool
    private var operations: [(output: Int, operation: any TapedOperation)] = []
    private var variableCount = 0
    /// Whether what is computed now is a constant for all that follows.
    private var isPaused = false
    /// Streams handed out so far.
    var randomSites: UInt64 = 0

    /// - Parameter panels: `parameters` as dense layers multiply by them, in whose precision they do; nil for float32 as it comes.
    /// - Parameter clock: hears of every operation in training.
    /// - Parameter machine: in whose memory the parameters and the pool are.
    public init(
        parameters: Tensor, mode: Mode, pool: StoragePool, team: Team = .alone, panels: WeightPanels? = nil,
        recomputes: Bool = false, clock: PhaseClock? = nil, machine: (any Machine)? = nil
    ) {
        self.parameters = parameters
        self.recomputes = recomputes
        self.clock = clock
        self.machine = machine
        clock?.start()
        self.panels = panels
        products = Products(panels?.precision ?? .fp32, from: pool, team)
        self.mode = mode
        self.pool = pool
    }

    /// Whether operations are recorded.
    public var isRecording: Bool { if case .training = mode { !isPaused } else { false } }

    /// What `body` gives, as a constant: it draws what it would in training, but nothing is kept of it, and no gradient flows to what
    /// it read.
    public func withoutRecording(_ body: () -> Variable) -> Variable {
        let before = isPaused
        isPaused = true
        defer { isPaused = before }
        return constant(body().value)
    }

    /// The values of `parameter`.
    public subscript(parameter: Parameter) -> Tensor { parameters.view(of: parameter) }

    /// A value that no gradient flows to.
    public func constant(_ value: Tensor) -> Variable { Variable(value: value, node: nil, tape: self) }

    /// A value whose gradient `backward` returns on request.
    public func variable(_ value: Tensor) -> Variable {
        defer { variableCount += 1 }
        return Variable(value: value, node: variableCount, tape: self)
    }

    /// The result of an operation, which is kept for backward only in training.
    public func record(_ value: Tensor, _ operation: @autoclosure () -> some TapedOperation) -> Variable {
        guard isRecording else { return constant(value) }
        let (variable, operation) = (variable(value), operation())
        lap(operation.phase, isBackward: false)
        if let node = variable.node { operations.append((node, operation)) }
        return variable
    }

    /// What a machine is asked for is done later, unless somebody waits.
    private func lap(_ phase: Phase, isBackward: Bool) {
        guard let clock else { return }
        machine?.finish()
        clock.lap(phase, isBackward: isBackward)
    }

    /// The place of a result that exists as an operand of products alone.
    func record(rows: Int, columns: Int, _ operation: some TapedOperation) -> GradientSlot {
        defer { variableCount += 1 }
        clock?.lap(operation.phase, isBackward: false)
        operations.append((variableCount, operation))
        return GradientSlot(node: variableCount, rows: rows, columns: columns, tape: self)
    }

    /// A random stream of its own for the next operation that draws, or nil in inference.
    ///
    /// Passes over the same model draw in the same order, so the ordinal names the place in the model.
    public func nextRandomStream() -> RandomStream? {
        guard case .training(_, let random) = mode else { return nil }
        defer { randomSites += 1 }
        return random.stream(randomSites)
    }

    /// A tape of its own for a part of this pass that begins after so many random streams.
    func branch(at randomSites: UInt64) -> Tape {
        let tape = Tape(
            parameters: parameters, mode: mode, pool: pool, team: team, panels: panels, clock: clock,
            machine: machine)
        tape.randomSites = randomSites
        return tape
    }

    /// Adds the gradient of `loss`, a scalar, to the gradients of all parameters, and empties the tape.
    ///
    /// - Returns: the gradients of `variables`, zero where nothing flowed.
    @discardableResult
    public func backward(from loss: Variable, gradientsOf variables: [Variable] = []) -> [Tensor] {
        backward(from: loss, seed(), gradientsOf: variables)
    }

    /// The gradient of `input` where that of `output` is `dOutput`, which is handed over.
    public func gradient(of output: Variable, _ dOutput: Tensor, by input: Variable) -> Tensor {
        backward(from: output, dOutput, gradientsOf: [input])[0]
    }

    /// The same from any output, whose gradient is handed over.
    func backward(from output: Variable, _ dOutput: Tensor, gradientsOf variables: [Variable]) -> [Tensor] {
        guard case .training(let ofParameters, _) = mode else {
            preconditionFailure("backward on a tape in inference mode")
        }
        let gradients = Gradients(
            slots: variableCount, ofParameters: ofParameters, products: products, machine: machine)
        gradients.add(dOutput, to: output)
        let wanted = Set(variables.compactMap(\.node))
        while let (output, operation) = operations.popLast() {
            guard let dOutput = gradients.take(output, keeping: wanted.contains(output)) else { continue }
            operation.backward(dOutput, gradients)
            lap(operation.phase, isBackward: true)
            ofParameters.goOn(clock)
        }
        machine?.settle()
        return variables.map { gradients.of($0) ?? pool.zeros($0.value.rows, $0.value.columns) }
    }
}

/// An operation on the tape: it stores exactly what backward needs, so its stored properties are its memory bill.
public protocol TapedOperation {
    /// What its time counts for.
    var phase: Phase { get }
    /// Adds to the gradients of its inputs and parameters. `dOutput` is this operation's own to overwrite.
    func backward(_ dOutput: Tensor, _ gradients: Gradients)
}

extension TapedOperation {
    public var phase: Phase { .other }
}

/// A value in a pass, and its place on the tape.
public struct Variable {
    public let value: Tensor
    /// The slot of its gradient; nil for constants.
    let node: Int?
    /// Unowned, since the tape owns the operations that hold variables: a strong reference would leak every activation
    /// of an abandoned pass.
    public unowned let tape: Tape

    public var rows: Int { value.rows }
    public var columns: Int { value.columns }
    /// Where its gradient goes.
    public var slot: GradientSlot { GradientSlot(node: node, rows: rows, columns: columns, tape: tape) }
}

/// What backward needs of a variable to give it a gradient: operations that keep no more let its value go.
public struct GradientSlot {
    let node: Int?
    let rows: Int
    let columns: Int
    public unowned let tape: Tape
}
