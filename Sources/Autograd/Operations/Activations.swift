import CKernels
import Tensors

extension Variable {
    /// y = x Φ(x), with Φ the normal distribution function by erf (Hendrycks & Gimpel 2016).
    public func gelu() -> Variable {
        let y = tape.pool.tensor(rows, columns)
        ck_gelu(Int64(y.count), value.pointer, y.pointer)
        return tape.record(y, Gelu(x: self))
    }

    /// y = tanh x
    public func tanh() -> Variable {
        let y = tape.pool.tensor(rows, columns)
        ck_tanh(Int64(y.count), value.pointer, y.pointer)
        return tape.record(y, Tanh(x: place, y: y))
    }
}

struct Gelu: TapedOperation {
    var phase: Phase { .activations }
    let x: Variable

    /// dx = dy (Φ(x) + x φ(x))
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        ck_gelu_gradient(Int64(dOutput.count), x.value.pointer, dOutput.pointer)
        gradients.add(dOutput, to: x)
    }
}

private struct Tanh: TapedOperation {
    var phase: Phase { .activations }
    let x: Place
    let y: Tensor

    /// dx = dy (1 - y²)
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        ck_tanh_gradient(Int64(dOutput.count), y.pointer, dOutput.pointer)
        gradients.add(dOutput, to: x)
    }
}
