import CKernels
import Tensors

extension Variable {
    /// y = x Wᵀ + b, for x [rows, in], W [out, in], b [out].
    public func linear(_ weight: Parameter, _ bias: Parameter) -> Variable {
        precondition(columns == weight.columns, "\(weight.name) takes \(weight.columns) columns, not \(columns)")
        let y = tape.pool.tensor(rows, weight.rows)
        tape.multiply(value.matrix, weight, plus: bias, into: y)
        return tape.record(y, Linear(x: self, weight: weight, bias: bias))
    }
}

private struct Linear: TapedOperation {
    var phase: Phase { .dense }
    let x: Variable
    let weight: Parameter
    let bias: Parameter

    /// dx = dy W, dW += dyᵀ x, db += Σ rows of dy
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let factors = x.tape.products.pair(of: dOutput.matrix)
        let input = x.tape.products.right(x.value.matrix)
        gradients.add(
            to: weight,
            meanwhile: {
                gradients.write(to: x) { dInput, accumulate in
                    x.tape.multiplyBack(factors.straight, weight, into: dInput.matrix, accumulate: accumulate)
                }
            },
            { dWeight in multiply(factors.transposed, input, into: dWeight.matrix, accumulate: true) })
        gradients.add(to: bias) {
            ck_add_column_sums(Int64(dOutput.rows), Int64(dOutput.columns), dOutput.pointer, $0.pointer)
        }
    }
}
