import CKernels
import Tensors

extension Variable {
    /// y_s = Σ_i x_i / n_s over the n_s rows of sequence s, [sequences, columns].
    public func meanRows(_ layout: BatchLayout) -> Variable {
        if let machine = tape.machine { return meanRows(layout, on: machine) }
        let (y, bounds) = (tape.pool.tensor(layout.count, columns), layout.offsets.map(Int64.init))
        withPointers(value.matrix, y) { ck_segment_sums(Int64(layout.count), bounds, 1, $0, $1) }
        return tape.record(y, MeanRows(x: slot, bounds: bounds))
    }
}

private struct MeanRows: TapedOperation {
    let x: GradientSlot
    /// Row s is the mean of the rows bounds[s] ..< bounds[s + 1].
    let bounds: [Int64]

    /// dx_i += dy_s / n_s
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradients.write(to: x) { dInput, accumulate in
            if !accumulate { dInput.fill(0) }
            withPointers(dOutput, dInput.matrix) { ck_segment_sums_gradient(Int64(dOutput.rows), bounds, 1, $0, $1) }
        }
    }
}
