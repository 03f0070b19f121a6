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
        normalize(x, plus: nil, mask: nil)
    }

    public func callAsFunction(_ x: Variable, plus branch: Variable, _ layout: BatchLayout) -> Variable {
        normalize(x, plus: branch, mask: DropoutMask(dropout, layout, x.tape))
    }

    private func normalize(_ x: Variable, plus branch: Variable?, mask: DropoutMask?) -> Variable {
        let tape = x.tape
        if let machine = tape.machine { return normalize(x, plus: branch, mask: mask, on: machine) }
        // The sum, and then the normalised rows that backward reads.
        let sum = tape.pool.tensor(x.rows, x.columns)
        let y = tape.pool.tensor(x.rows, x.columns)
        let inverseDeviation = tape.pool.tensor(1, x.rows)
        tape.team.cut(x.rows, weighing: x.columns) { rows in
            copyRows((branch ?? x).value.rows(rows).matrix, into: sum.rows(rows).matrix)
            mask?.apply(to: sum, rows: rows)
            if branch != nil { sum.rows(rows).add(x.value.rows(rows)) }
            withPointers(tape[scale], tape[shift], sum.rows(rows), y.rows(rows), inverseDeviation.row(0, rows)) {
                ck_layer_norm(Int64(rows.count), Int64(x.columns), epsilon, $0, $1, $2, $3, $4)
            }
        }
        return tape.record(
            y,
            ResidualNorm(
                norm: self, x: x.slot, branch: branch?.slot, mask: mask, normalized: sum,
                inverseDeviation: inverseDeviation))
    }
}

extension LayerNorm {
    private func normalize(
        _ x: Variable, plus branch: Variable?, mask: DropoutMask?, on machine: any Machine
    ) -> Variable {
        let (y, kept) = machine.residualNorm(
            x.value, branch?.value, scale, shift, epsilon: epsilon, mask, keeping: x.tape.isRecording)
        guard let kept else { return x.tape.constant(y) }
        let (norm, toX, toBranch) = (self, x.slot, branch?.slot)
        return x.tape.record(
            y,
            DeviceOperation(.norms) { d, gradients in
                gradients.add(to: norm.scale) { dScale in
                    gradients.add(to: norm.shift) { dShift in
                        let dBranch = machine.residualNormGradient(
                            d, kept, norm.scale, mask, hasBranch: toBranch != nil, dScale: dScale, dShift: dShift)
                        if let dBranch, let toBranch { gradients.add(dBranch, to: toBranch) }
                    }
                }
                gradients.add(d, to: toX)
            })
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
                guard gradients.team.size > 1 else { return write(dOutput, 0..<dOutput.rows, dScale, dShift) }
                gradients.team.cutColumns(of: dOutput) { columns in
                    let (first, count) = (columns.lowerBound, columns.count)
                    withPointers(
                        normalized.matrix.columns(first, count), dOutput.matrix.columns(first, count),
                        dScale.row(0, columns), dShift.row(0, columns)
                    ) { ck_layer_norm_parameters_gradient($0, $1, $2, $3) }
                }
            }
        }
        if gradients.team.size > 1 {
            // One kernel makes all three gradients, so that dx has the same bits for any team; here the other two are not wanted.
            gradients.products.eachRange(dOutput.rows, weighing: dOutput.columns) { rows, pool in
                write(dOutput, rows, pool.zeros(1, dOutput.columns), pool.zeros(1, dOutput.columns))
            }
        }
        if let branch {
            let dBranch = gradients.pool.tensor(dOutput.rows, dOutput.columns)
            gradients.team.cut(dOutput.rows, weighing: dOutput.columns) { rows in
                copyRows(dOutput.rows(rows).matrix, into: dBranch.rows(rows).matrix)
                mask?.apply(to: dBranch, rows: rows)
            }
            gradients.add(dBranch, to: branch)
        }
        gradients.add(dOutput, to: x)
    }

    /// Rows of dOutput become those of ds.
    private func write(_ dOutput: Tensor, _ rows: Range<Int>, _ dScale: Tensor, _ dShift: Tensor) {
        withPointers(
            normalized.rows(rows), inverseDeviation.row(0, rows), x.tape[norm.scale], dOutput.rows(rows), dScale,
            dShift
        ) {
            ck_layer_norm_gradient(Int64(rows.count), Int64(dOutput.columns), $0, $1, $2, $3, $4, $5)
        }
    }
}
