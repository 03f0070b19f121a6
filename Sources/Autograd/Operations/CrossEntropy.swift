import CKernels
import Tensors

/// A loss and what was counted on the way.
public struct Loss {
    /// weight · Σ loss of the rows, a scalar.
    public let variable: Variable
    /// Rows.
    public let count: Int
    private let counts: () -> LossCounts

    /// - Parameter counts: waits for a machine.
    init(variable: Variable, count: Int, counts: @escaping () -> LossCounts) {
        (self.variable, self.count, self.counts) = (variable, count, counts)
    }

    init(variable: Variable, sum: Double, correct: Int, count: Int) {
        self.init(variable: variable, count: count) { LossCounts(sum: sum, correct: correct) }
    }

    /// Σ loss of the rows, unweighted, in double so that sums over micro-batches agree.
    public var sum: Double { counts().sum }
    /// Rows whose arg max is the label.
    public var correct: Int { counts().correct }
}

extension Variable {
    /// weight · Σᵢ -log softmax(x[i])[label[i]], for logits x [rows, classes]. With smoothing ε the label counts 1 - ε, and each
    /// of the K classes ε / K besides (Szegedy et al. 2016, section 7), which adds ε (x[label] - mean x) to a row's loss.
    ///
    /// The weight is one over the whole step's count, so that micro-batches add up to the mean.
    public func crossEntropy(_ labels: [Int32], weight: Float, smoothing: Float = 0) -> Loss {
        precondition(labels.count == rows, "\(labels.count) labels for \(rows) rows")
        if let machine = tape.machine {
            checkLabels(labels, columns)
            let gradient = machine.copy(value)
            let counts = machine.crossEntropy(gradient, labels, weight: weight, smoothing: smoothing)
            return tape.loss(of: slot, gradient, counts, rows: rows, on: machine)
        }
        let probabilities = tape.pool.copy(value)
        var counted = countCrossEntropy(probabilities, labels, weight: weight)
        if smoothing > 0 { counted.sum += smooth(probabilities, labels, weight: weight, smoothing) }
        let y = tape.pool.tensor(1, 1, [weight * Float(counted.sum)])
        let variable = tape.record(y, CrossEntropy(x: slot, gradient: probabilities))
        return Loss(variable: variable, sum: counted.sum, correct: counted.correct, count: rows)
    }

    /// Moves the share ε of the gradient from the labels to all classes; returns what that adds to the loss.
    private func smooth(_ gradient: Tensor, _ labels: [Int32], weight: Float, _ smoothing: Float) -> Double {
        withPointers(value, gradient) {
            ck_smooth_labels(Int64(rows), Int64(columns), labels, weight, smoothing, $0, $1)
        }
    }

    /// weight · Σᵢ meanⱼ -(t log σ(x) + (1 - t) log(1 - σ(x))), for logits x [rows, labels] and t 1 where label j is of row i and
    /// 0 elsewhere, as PyTorch's BCEWithLogitsLoss. With smoothing ε, t is (1 - ε) t + ε / 2.
    public func binaryCrossEntropy(_ labels: [[Int]], weight: Float, smoothing: Float = 0) -> Loss {
        precondition(labels.count == rows, "\(labels.count) lists of labels for \(rows) rows")
        var targets = [Float](repeating: smoothing / 2, count: rows * columns)
        for (row, labels) in labels.enumerated() {
            for label in labels {
                precondition(label < columns, "label \(label) of \(columns)")
                targets[row * columns + label] = 1 - smoothing / 2
            }
        }
        if let machine = tape.machine {
            let gradient = machine.copy(value)
            let counts = machine.binaryCrossEntropy(gradient, targets, weight: weight / Float(columns))
            return tape.loss(of: slot, gradient, { [columns] in counts().over(columns) }, rows: rows, on: machine)
        }
        let gradient = tape.pool.copy(value)
        let sum =
            gradient.withPointer {
                ck_binary_cross_entropy(Int64(targets.count), weight / Float(columns), targets, $0)
            } / Double(columns)
        let y = tape.pool.tensor(1, 1, [weight * Float(sum)])
        return Loss(
            variable: tape.record(y, CrossEntropy(x: slot, gradient: gradient)), sum: sum, correct: 0, count: rows)
    }

    /// weight · Σᵢ (x[i] - target[i])², for x [rows, 1].
    public func squaredError(_ targets: [Float], weight: Float) -> Loss {
        precondition(columns == 1 && targets.count == rows, "\(targets.count) targets for [\(rows), \(columns)]")
        if let machine = tape.machine {
            let gradient = machine.copy(value)
            let counts = machine.squaredError(gradient, targets, weight: weight)
            return tape.loss(of: slot, gradient, counts, rows: rows, on: machine)
        }
        let difference = tape.pool.tensor(rows, 1, zip(value.values, targets).map { $0 - $1 })
        let sum = difference.sumOfSquares
        let y = tape.pool.tensor(1, 1, [weight * Float(sum)])
        difference.scale(by: 2 * weight)
        return Loss(
            variable: tape.record(y, CrossEntropy(x: slot, gradient: difference)), sum: sum, correct: 0, count: rows)
    }
}

/// Rows of logits become weight · (softmax - onehot); returns the sum of the losses and the number of right guesses.
func countCrossEntropy(_ logits: Tensor, _ labels: [Int32], weight: Float) -> (sum: Double, correct: Int) {
    precondition(labels.count == logits.rows, "\(labels.count) labels for \(logits.rows) rows")
    checkLabels(labels, logits.columns)
    var correct: Int64 = 0
    let sum = logits.withPointer {
        ck_cross_entropy(Int64(logits.rows), Int64(logits.columns), labels, weight, $0, &correct)
    }
    return (sum, Int(correct))
}

func checkLabels(_ labels: [Int32], _ classes: Int) {
    for label in labels { precondition(label >= 0 && label < classes, "label \(label) of \(classes) classes") }
}

/// A loss whose gradient was known in forward.
private struct CrossEntropy: TapedOperation {
    var phase: Phase { .head }
    let x: GradientSlot
    let gradient: Tensor

    /// dx = dy · weight (softmax - onehot), dy · weight (σ - target), or dy · 2 weight (x - target)
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        gradient.scale(by: dOutput.scalar)
        gradients.add(gradient, to: x)
    }
}
