import CKernels
import Tensors

extension Variable {
    /// weight · Σᵢ -log softmax(x[i] Eᵀ + b)[label[i]], for x [rows, width], E [vocabulary, width]: the masked-LM loss
    /// through the tied decoder (Devlin et al. 2019, section 3.1; Press & Wolf 2017).
    ///
    /// Logits, softmax, loss and gradient are fused in chunks of rows, so that logits exist for one chunk at a time;
    /// the gradients of E and b are added as the chunk passes, which is why the loss must enter the total with factor 1.
    public func tiedCrossEntropy(_ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float) -> Loss {
        precondition(labels.count == rows, "\(labels.count) labels for \(rows) rows")
        let pool = tape.pool
        let dInput = pool.tensor(rows, columns)
        var (sum, correct, first) = (0.0, 0, 0)
        while first < rows {
            let count = min(Self.chunkRows, rows - first)
            let x = value.matrix.rows(first, count)
            let logits = pool.tensor(count, embedding.rows)
            tape.multiply(x, embedding, plus: bias, into: logits)
            var training: (block: Tensor, factors: LeftFactorPair)?
            if case .training(let block, _) = tape.mode {
                training = (block, tape.products.emptyPair(of: logits.matrix))
            }
            // Rows are wide: what is done with their gradients is done before they leave the cache.
            for row in stride(from: 0, to: count, by: LeftFactorPair.rowsAtATime) {
                let rows = row..<min(row + LeftFactorPair.rowsAtATime, count)
                let part = logits.view(at: row * logits.columns, rows: rows.count, columns: logits.columns)
                let counted = countCrossEntropy(
                    part, Array(labels[first + row..<first + rows.upperBound]), weight: weight)
                sum += counted.sum
                correct += counted.correct
                guard let training else { continue }
                ck_add_column_sums(
                    Int64(part.rows), Int64(part.columns), part.pointer, training.block.view(of: bias).pointer)
                training.factors.add(rows: rows)
            }
            if let (block, factors) = training {
                tape.multiplyBack(factors.straight, embedding, into: dInput.matrix.rows(first, count))
                tape.addWeightGradient(factors.transposed, x, to: block.view(of: embedding))
            }
            first += count
        }
        let y = pool.tensor(1, 1, [weight * Float(sum)])
        let variable = tape.record(y, TiedCrossEntropy(x: self, dInput: dInput))
        return Loss(variable: variable, sum: sum, correct: correct, count: rows)
    }

    /// Rows of logits at a time: enough for a full-speed product, few enough to stay in the last-level cache.
    private static var chunkRows: Int { 256 }
}

private struct TiedCrossEntropy: TapedOperation {
    var phase: Phase { .head }
    let x: Variable
    let dInput: Tensor

    /// dx = weight (softmax - onehot) E, computed in forward
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        precondition(dOutput.scalar == 1, "the tied cross-entropy must enter the total loss with factor 1")
        gradients.add(dInput, to: x)
    }
}
