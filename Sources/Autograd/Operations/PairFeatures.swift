import CKernels
import Tensors

extension Variable {
    /// y = [a; b; a ∘ b; a - b] of every two rows a, b one behind the other, [rows / 2, 4 · columns] (Tay et al. 2021, of two
    /// documents; Mou et al. 2016).
    ///
    /// - Precondition: the rows are even in number.
    public func pairFeatures() -> Variable {
        precondition(rows % 2 == 0, "\(rows) rows in pairs")
        if let machine = tape.machine { return pairFeatures(on: machine) }
        let y = tape.pool.tensor(rows / 2, 4 * columns)
        withPointers(value, y) { ck_pair_features(Int64(rows / 2), Int64(columns), $0, $1) }
        return tape.record(y, PairFeatures(x: self))
    }
}

private struct PairFeatures: TapedOperation {
    let x: Variable

    /// da = dy₁ + b ∘ dy₃ + dy₄, db = dy₂ + a ∘ dy₃ - dy₄
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dx = gradients.pool.tensor(x.rows, x.columns)
        withPointers(x.value, dOutput, dx) {
            ck_pair_features_gradient(Int64(dOutput.rows), Int64(x.columns), $0, $1, $2)
        }
        gradients.add(dx, to: x)
    }
}
