import CKernels
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
            return tiedCrossEntropy(embedding, bias, labels, weight: weight, sampling: [], on: machine).loss
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

    /// The same of all logits at once, and a sample of each row's softmax: where its sum over the vocabulary exceeds the row's number.
    public func tiedCrossEntropy(
        _ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float, sampling uniforms: [Float]
    ) -> (loss: Loss, samples: [Int32]) {
        precondition(uniforms.count == rows, "\(uniforms.count) numbers to sample \(rows) rows by")
        if let machine = tape.machine {
            let (loss, samples) = tiedCrossEntropy(
                embedding, bias, labels, weight: weight, sampling: uniforms, on: machine)
            return (loss, samples())
        }
        let logits = linear(embedding, bias)
        let loss = logits.crossEntropy(labels, weight: weight)
        return (loss, logits.samples(by: uniforms))
    }

    private func samples(by uniforms: [Float]) -> [Int32] {
        let (probabilities, logSums) = (tape.pool.copy(value), tape.pool.tensor(1, max(1, rows)))
        withPointers(probabilities, logSums) { ck_softmax(Int64(rows), Int64(columns), 1, $0, $1) }
        return uniforms.enumerated().map { index, uniform in
            probabilities.row(index, 0..<columns).withPointer { Int32(ck_sample(Int64(columns), $0, uniform)) }
        }
    }

    /// - Parameter uniforms: none where nothing is sampled.
    private func tiedCrossEntropy(
        _ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float, sampling uniforms: [Float],
        on machine: any Machine
    ) -> (loss: Loss, samples: () -> [Int32]) {
        checkLabels(labels, embedding.rows)
        func loss(_ gradients: (dx: Tensor, dEmbedding: Tensor, dBias: Tensor)?) -> TiedLoss {
            machine.tiedCrossEntropy(
                value, embedding, bias, labels, weight: weight, sampling: uniforms, gradients)
        }
        guard case .training(let gradients, _) = tape.mode else {
            let found = loss(nil)
            return (tape.loss(of: slot, value, found.counts, rows: rows, on: machine), found.samples)
        }
        let dInput = machine.activation(rows, columns)
        var found = TiedLoss()
        gradients.add(to: embedding) { dEmbedding in
            gradients.add(to: bias) { dBias in found = loss((dInput, dEmbedding, dBias)) }
        }
        return (tape.loss(of: slot, dInput, found.counts, rows: rows, on: machine), found.samples)
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
