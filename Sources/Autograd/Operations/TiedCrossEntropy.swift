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
        let (weights, pool) = (tape[embedding].matrix, tape.pool)
        let dInput = pool.tensor(rows, columns)
        var (sum, correct, first) = (0.0, 0, 0)
        while first < rows {
            let count = min(Self.chunkRows, rows - first)
            let x = value.matrix.rows(first, count)
            let logits = pool.tensor(count, embedding.rows)
            ck_fill_rows(Int64(count), Int64(embedding.rows), tape[bias].pointer, logits.pointer)
            multiply(x, weights.transposed, into: logits.matrix, accumulate: true)
            let counted = countCrossEntropy(logits, Array(labels[first..<first + count]), weight: weight)
            sum += counted.sum
            correct += counted.correct
            if case .training(let block, _) = tape.mode {
                let dEmbedding = block.view(at: embedding.offset, rows: embedding.rows, columns: embedding.columns)
                let dBias = block.view(at: bias.offset, rows: 1, columns: bias.count)
                multiply(logits.matrix, weights, into: dInput.matrix.rows(first, count))
                multiply(logits.matrix.transposed, x, into: dEmbedding.matrix, accumulate: true)
                ck_add_column_sums(Int64(count), Int64(embedding.rows), logits.pointer, dBias.pointer)
            }
            first += count
        }
        let y = pool.tensor(1, 1, [weight * Float(sum)])
        let variable = tape.record(y, TiedCrossEntropy(x: self, dInput: dInput))
        return Loss(variable: variable, sum: sum, correct: correct, count: rows)
    }

    /// Rows of logits at a time: enough for a full-speed product, few enough to stay in the last-level cache.
    private static var chunkRows: Int { 128 }
}

private struct TiedCrossEntropy: TapedOperation {
    let x: Variable
    let dInput: Tensor

    /// dx = weight (softmax - onehot) E, computed in forward
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        precondition(dOutput.scalar == 1, "the tied cross-entropy must enter the total loss with factor 1")
        gradients.add(dInput, to: x)
    }
}
