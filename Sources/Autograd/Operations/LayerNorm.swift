import CKernels
import Tensors

/// y = (s - mean s) / √(var s + ε) · scale + shift, row by row (Ba et al. 2016), for s = x or, fused, for
/// s = x + dropout(branch), the residual of a post-norm block (Vaswani et al. 2017, section 3.1).
public struct LayerNorm: Sendable {
    let scale: Parameter
    let shift: Parameter
    let epsilon: Float
    let dropout: Float

    /// Parameters `weight` and `bias` of `width` in `scope`; `dropout` is that of the branch.
    public init(_ scope: ParameterScope, width: Int, epsilon: Float, dropout: Float = 0) {
        scale = scope.vector("weight", width, .ones)
        shift = scope.vector("bias", width)
        self.epsilon = epsilon
        self.dropout = dropout
    }

    public func callAsFunction(_ x: Variable) -> Variable {
        normalize(x.tape.pool.copy(x.value), of: x, plus: nil, mask: nil)
    }

    public func callAsFunction(_ x: Variable, plus branch: Variable, _ layout: BatchLayout) -> Variable {
        let mask = DropoutMask(dropout, layout, x.tape)
        let sum = x.tape.pool.copy(branch.value)
        mask?.apply(to: sum)
        sum.add(x.value)
        return normalize(sum, of: x, plus: branch, mask: mask)
    }

    /// `sum` becomes the normalised rows that backward reads.
    private func normalize(_ sum: Tensor, of x: Variable, plus branch: Variable?, mask: DropoutMask?) -> Variable {
        let tape = x.tape
        let y = tape.pool.tensor(sum.rows, sum.columns)
        let inverseDeviation = tape.pool.tensor(1, sum.rows)
        withPointers(tape[scale], tape[shift], sum, y, inverseDeviation) {
            ck_layer_norm(Int64(sum.rows), Int64(sum.columns), epsilon, $0, $1, $2, $3, $4)
        }
        return tape.record(
            y,
            ResidualNorm(
                norm: self, x: x.slot, branch: branch?.slot, mask: mask, normalized: sum,
                inverseDeviation: inverseDeviation))
    }
}

private struct ResidualNorm: TapedOperation {
    var phase: Phase { .norms }
    let norm: LayerNorm
    let x: GradientSlot
    let branch: GradientSlot?
    let mask: DropoutMask?
    let normalized: Tensor
    let inverseDeviation: Tensor

    /// With u the normalised row and g = dy · scale: ds = (g - mean g - u mean(g u)) / √(var + ε); dx = ds and
    /// dbranch = dropout(ds).
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradients.add(to: norm.scale) { dScale in
            gradients.add(to: norm.shift) { dShift in
                withPointers(normalized, inverseDeviation, x.tape[norm.scale], dOutput, dScale, dShift) {
                    ck_layer_norm_gradient(Int64(dOutput.rows), Int64(dOutput.columns), $0, $1, $2, $3, $4, $5)
                }
            }
        }
        if let branch {
            let dBranch = gradients.pool.copy(dOutput)
            mask?.apply(to: dBranch)
            gradients.add(dBranch, to: branch)
        }
        gradients.add(dOutput, to: x)
    }
}
