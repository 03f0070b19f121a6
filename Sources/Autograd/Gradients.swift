import Tensors

/// The gradients of one backward pass: a slot a variable, and those of the parameters.
public final class Gradients {
    /// Those of the pass.
    public let products: Products
    public var pool: StoragePool { products.pool }
    var team: Team { products.team }
    private var slots: [Tensor?]
    let ofParameters: ParameterGradients

    private let machine: (any Machine)?

    init(slots: Int, ofParameters: ParameterGradients, products: Products, machine: (any Machine)? = nil) {
        self.machine = machine
        self.slots = Array(repeating: nil, count: slots)
        self.ofParameters = ofParameters
        self.products = products
    }

    /// Lets `body` add to the gradient of `parameter`, once earlier passes have.
    ///
    /// - Parameter overlapping: what is to be done too, before or after.
    public func add(to parameter: Parameter, overlapping: () -> Void = {}, _ body: (Tensor) -> Void) {
        ofParameters.add(to: parameter, overlapping: overlapping, body)
    }

    /// Adds `gradient`, which the caller hands over, to that of the variable of `slot`.
    public func add(_ gradient: Tensor, to slot: GradientSlot) {
        guard let node = slot.node else { return }
        guard let sum = slots[node] else { return slots[node] = gradient }
        if let machine { machine.add(gradient, to: sum) } else { team.add(gradient, to: sum) }
    }

    /// Adds `gradient`, which the caller hands over, to that of `variable`.
    public func add(_ gradient: Tensor, to variable: Variable) { add(gradient, to: variable.slot) }

    /// Lets `body` write the gradient of the variable of `slot`: into a new tensor, or adding to what is there if `accumulate`.
    func write(to slot: GradientSlot, _ body: (_ target: Tensor, _ accumulate: Bool) -> Void) {
        guard let node = slot.node else { return }
        if let sum = slots[node] {
            body(sum, true)
        } else {
            let fresh = machine?.activation(slot.rows, slot.columns) ?? pool.tensor(slot.rows, slot.columns)
            body(fresh, false)
            slots[node] = fresh
        }
    }

    func take(_ node: Int, keeping: Bool) -> Tensor? {
        guard let gradient = slots[node] else { return nil }
        if keeping { return machine?.copy(gradient) ?? team.copy(gradient, from: pool) }
        slots[node] = nil
        return gradient
    }

    func of(_ variable: Variable) -> Tensor? { variable.node.flatMap { slots[$0] } }
}
