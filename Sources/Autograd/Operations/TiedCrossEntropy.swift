import Tensors

extension Variable {
    /// weight · Σᵢ -log softmax(x[i] Eᵀ + b)[label[i]], for x [rows, width], E [vocabulary, width]: the masked-LM loss
    /// through the tied decoder (Devlin et al. 2019, section 3.1; Press & Wolf 2017).
    ///
    /// Logits, softmax, loss and gradient are fused in chunks of rows, so that logits exist for one chunk at a time;
    /// the gradients of E and b are added in forward too, which is why the loss must enter the total with factor 1.
    public func tiedCrossEntropy(_ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float) -> Loss {
        precondition(labels.count == rows, "\(labels.count) labels for \(rows) rows")
        if let machine = tape.machine {
            return tiedCrossEntropy(embedding, bias, labels, weight: weight, on: machine)
        }
        let pool = tape.pool
        let (dInput, dBias) = (pool.tensor(rows, columns), pool.zeros(1, embedding.rows))
        var gradients: ParameterGradients?
        if case .training(let ofParameters, _) = tape.mode { gradients = ofParameters }
        // Of one chunk straight to the sum of all passes; of more, here first, or other passes would wait for all chunks.
        let chunkRows = Self.evenPart(of: rows)
        let dEmbedding =
            gradients == nil || chunkRows == rows ? nil : pool.zeros(embedding.rows, embedding.columns)
        var (sum, correct) = (0.0, 0)
        for first in stride(from: 0, to: rows, by: max(1, chunkRows)) {
            let count = min(chunkRows, rows - first)
            let x = value.matrix.rows(first, count)
            let logits = pool.tensor(count, embedding.rows)
            tape.multiply(tape.products.left(x), embedding, plus: bias, into: logits)
            let factors = gradients.map { _ in tape.products.emptyPair(of: logits.matrix) }
            // Rows are wide: what is done with their gradients is done before they leave the cache.
            let step = LeftFactorPair.rowsAtATime
            let counts = tape.team.map((count + step - 1) / step) { index, _ in
                let rows = index * step..<min((index + 1) * step, count)
                let part = logits.rows(rows)
                let counted = countCrossEntropy(
                    part, Array(labels[first + rows.lowerBound..<first + rows.upperBound]), weight: weight)
                if factors != nil, tape.team.size == 1 { part.addColumnSums(to: dBias) }
                factors?.add(rows: rows)
                return counted
            }
            if factors != nil, tape.team.size > 1 { tape.team.addColumnSums(of: logits, to: dBias) }
            for counted in counts {
                sum += counted.sum
                correct += counted.correct
            }
            if let gradients, let factors {
                let input = tape.products.right(x)
                let multiplyBack = {
                    tape.multiplyBack(factors.straight, embedding, into: dInput.matrix.rows(first, count))
                }
                let add = { (sum: Tensor) in
                    tape.products.multiply(factors.transposed, input, into: sum.matrix, accumulate: true)
                }
                if let dEmbedding {
                    multiplyBack()
                    add(dEmbedding)
                } else {
                    gradients.add(to: embedding, overlapping: multiplyBack, add)
                }
            }
        }
        if let dEmbedding { gradients?.add(to: embedding) { tape.team.add(dEmbedding, to: $0) } }
        gradients?.add(to: bias) { $0.add(dBias) }
        let y = pool.tensor(1, 1, [weight * Float(sum)])
        let variable = tape.record(y, TiedCrossEntropy(x: slot, dInput: dInput))
        return Loss(variable: variable, sum: sum, correct: correct, count: rows)
    }

    private func tiedCrossEntropy(
        _ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float, on machine: any Machine
    ) -> Loss {
        checkLabels(labels, embedding.rows)
        guard case .training(let gradients, _) = tape.mode else {
            let counts = machine.tiedCrossEntropy(value, embedding, bias, labels, weight: weight, nil)
            return tape.loss(of: slot, value, counts, rows: rows, on: machine)
        }
        let dInput = machine.activation(rows, columns)
        var counts = { LossCounts() }
        gradients.add(to: embedding) { dEmbedding in
            gradients.add(to: bias) { dBias in
                counts = machine.tiedCrossEntropy(
                    value, embedding, bias, labels, weight: weight, (dInput, dEmbedding, dBias))
            }
        }
        return tape.loss(of: slot, dInput, counts, rows: rows, on: machine)
    }

    /// Rows of logits at a time, equally many: enough for a full-speed product, few enough to stay in the last-level cache.
    private static func evenPart(of rows: Int) -> Int {
        let chunks = max(1, (rows + 383) / 384)
        return (rows + chunks - 1) / chunks
    }
}

private struct TiedCrossEntropy: TapedOperation {
    var phase: Phase { .head }
    let x: GradientSlot
    let dInput: Tensor

    /// dx = weight (softmax - onehot) E, computed in forward
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        precondition(dOutput.scalar == 1, "the tied cross-entropy must enter the total loss with factor 1")
        gradients.add(dInput, to: x)
    }
}
