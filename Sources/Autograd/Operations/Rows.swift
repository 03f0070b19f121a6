import CKernels
import Tensors

extension Variable {
    /// y[i] = x[indices[i]]
    public func gatherRows(_ indices: [Int32]) -> Variable {
        precondition(indices.allSatisfy { $0 >= 0 && $0 < rows }, "gathering outside of \(rows) rows")
        if let machine = tape.machine { return gatherRows(indices, on: machine) }
        let y = tape.pool.tensor(indices.count, columns)
        withPointers(value, y) { ck_gather(Int64(indices.count), Int64(columns), indices, $0, $1) }
        return tape.record(y, GatherRows(x: slot, indices: indices))
    }
}

private struct GatherRows: TapedOperation {
    let x: GradientSlot
    let indices: [Int32]

    /// dx[indices[i]] += dy[i]
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradients.write(to: x) { dInput, accumulate in
            if !accumulate { gradients.team.cut(dInput.rows, weighing: dInput.columns) { dInput.rows($0).fill(0) } }
            gradients.team.scatter(dOutput, indices, to: dInput)
        }
    }
}
