import CKernels
import Tensors

/// GELU, x Φ(x) (Hendrycks & Gimpel 2016): with the normal distribution function Φ itself, or its approximation by tanh.
public enum GeluForm: String, Sendable, Codable {
    case erf, tanh
}

extension Variable {
    /// y = x Φ(x)
    public func gelu(_ form: GeluForm = .erf) -> Variable {
        if let machine = tape.machine { return gelu(form, on: machine) }
        let y = tape.pool.tensor(rows, columns)
        tape.team.cut(rows, weighing: columns) { rows in
            withPointers(value.rows(rows), y.rows(rows)) {
                let count = Int64(rows.count * columns)
                switch form {
                case .erf: ck_gelu(count, $0, $1)
                case .tanh: ck_gelu_tanh(count, $0, $1)
                }
            }
        }
        return tape.record(y, Gelu(x: self, form: form))
    }

    /// y = tanh x
    public func tanh() -> Variable {
        if let machine = tape.machine { return tanh(on: machine) }
        let y = tape.pool.tensor(rows, columns)
        withPointers(value, y) { ck_tanh(Int64(y.count), $0, $1) }
        return tape.record(y, Tanh(x: slot, y: y))
    }
}

struct Gelu: TapedOperation {
    var phase: Phase { .activations }
    let x: Variable
    var form = GeluForm.erf

    /// dx = dy (Φ(x) + x φ(x))
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradients.team.cut(dOutput.rows, weighing: dOutput.columns) { rows in
            withPointers(x.value.rows(rows), dOutput.rows(rows)) {
                let count = Int64(rows.count * dOutput.columns)
                switch form {
                case .erf: ck_gelu_gradient(count, $0, $1)
                case .tanh: ck_gelu_tanh_gradient(count, $0, $1)
                }
            }
        }
        gradients.add(dOutput, to: x)
    }
}

private struct Tanh: TapedOperation {
    var phase: Phase { .activations }
    let x: GradientSlot
    let y: Tensor

    /// dx = dy (1 - y²)
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        withPointers(y, dOutput) { ck_tanh_gradient(Int64(dOutput.count), $0, $1) }
        gradients.add(dOutput, to: x)
    }
}
