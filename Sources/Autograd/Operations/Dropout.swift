import CKernels
import Tensors

extension Variable {
    /// y = x / (1 - p) or 0 with probability p, elementwise in training; x itself in inference (Srivastava et al. 2014).
    ///
    /// The rows of `layout` say which sequence a row belongs to: its random numbers are the sequence's own.
    public func dropout(_ probability: Float, _ layout: BatchLayout) -> Variable {
        guard let mask = DropoutMask(probability, layout, tape) else { return self }
        if let machine = tape.machine { return dropout(mask, on: machine) }
        let y = tape.team.copy(value, from: tape.pool)
        mask.apply(to: y, tape.team)
        return tape.record(y, Dropout(x: slot, mask: mask))
    }
}

private struct Dropout: TapedOperation {
    let x: GradientSlot
    let mask: DropoutMask

    /// dx = dy / (1 - p) or 0, by the same mask
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        mask.apply(to: dOutput, gradients.team)
        gradients.add(dOutput, to: x)
    }
}

/// Which elements of a `[rows, columns]` block are dropped: drawn again in backward, so that no mask is stored.
public struct DropoutMask {
    public let probability: Float
    public let layout: BatchLayout
    /// Of which every sequence has a stream.
    public let random: RandomStream

    /// Nil in inference and where nothing would be dropped.
    init?(_ probability: Float, _ layout: BatchLayout, _ tape: Tape) {
        guard probability > 0, let random = tape.nextRandomStream() else { return nil }
        precondition(probability < 1, "dropout of \(probability)")
        self.probability = probability
        self.layout = layout
        self.random = random
    }

    /// x = x / (1 - p) or 0, in place.
    func apply(to x: Tensor, _ team: Team) {
        precondition(x.rows == layout.tokens, "\(x.rows) rows for a layout of \(layout.tokens)")
        team.cut(x.rows, weighing: x.columns) { apply(to: x, rows: $0) }
    }

    /// The same of some rows alone.
    func apply(to x: Tensor, rows: Range<Int>) {
        for sequence in 0..<layout.count {
            let (whole, part) = (layout.rows(sequence), layout.rows(sequence).clamped(to: rows))
            guard !part.isEmpty else { continue }
            let first = UInt32(truncatingIfNeeded: (part.lowerBound - whole.lowerBound) * x.columns)
            x.rows(part).withPointer {
                ck_dropout(
                    Int64(part.count * x.columns), random.stream(layout.keys[sequence]).key, first, probability, $0)
            }
        }
    }
}
