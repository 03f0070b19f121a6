import Tensors

extension Variable {
    /// y_s = Σ_i x_i / n_s over the n_s rows of sequence s, [sequences, columns].
    public func meanRows(_ layout: BatchLayout) -> Variable {
        let y = tape.pool.tensor(layout.count, columns)
        for (index, weights) in Self.weights(layout, tape.pool) {
            let rows = layout.rows(index)
            multiply(
                weights.matrix, value.matrix.rows(rows.lowerBound, rows.count), into: y.matrix.rows(index, 1))
        }
        return tape.record(y, MeanRows(x: slot, layout: layout))
    }

    /// 1 / n_s as a row of n_s columns, of every sequence that has rows.
    fileprivate static func weights(_ layout: BatchLayout, _ pool: StoragePool) -> [(index: Int, row: Tensor)] {
        (0..<layout.count).map { index in
            let row = pool.tensor(1, layout.rows(index).count)
            row.fill(1 / Float(row.columns))
            return (index, row)
        }
    }
}

private struct MeanRows: TapedOperation {
    let x: GradientSlot
    let layout: BatchLayout

    /// dx_i = dy_s / n_s
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let dx = gradients.pool.tensor(layout.tokens, dOutput.columns)
        for (index, weights) in Variable.weights(layout, gradients.pool) {
            let rows = layout.rows(index)
            multiply(
                weights.matrix.transposed, dOutput.matrix.rows(index, 1),
                into: dx.matrix.rows(rows.lowerBound, rows.count))
        }
        gradients.add(dx, to: x)
    }
}
