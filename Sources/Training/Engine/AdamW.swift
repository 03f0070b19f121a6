import Autograd
import CKernels
import Foundation
import Tensors

/// AdamW with decoupled weight decay and bias correction (Loshchilov & Hutter 2019, algorithm 2), over the flat block:
/// m = β₁ m + (1-β₁) g, v = β₂ v + (1-β₂) g², w = w (1 - η λ) - η m̂ / (√v̂ + ε).
///
/// λ is zero for biases and norms. The norm is summed over fixed ranges of the block, so it does not depend on threads.
public final class AdamW {
    public let options: OptimizerOptions
    /// First and second moments, blocks like the parameters'.
    public let mean: Tensor
    public let square: Tensor
    /// Updates so far.
    public var updates = 0
    private let rules: [Rule]

    /// How a range of the block is updated.
    private struct Rule {
        let range: Range<Int>
        let decays: Bool
        let rate: Float
    }

    /// - Parameter rates: factors of the rate by parameter; what has 0 stays as it is, and its gradients count nowhere.
    public init(
        _ options: OptimizerOptions, _ layout: ParameterLayout, _ pool: StoragePool,
        rates: (Parameter) -> Float = { _ in 1 }
    ) {
        self.options = options
        mean = pool.zeros(1, layout.blockCount)
        square = pool.zeros(1, layout.blockCount)
        rules = layout.parameters.map { Rule(range: $0.range, decays: $0.decays, rate: rates($0)) }
    }

    /// The global norm √Σ g².
    func norm(of gradients: Tensor, _ parts: [ParameterChunk], _ workers: Workers) -> Double {
        let squares = workers.map(parts.count) { index in
            rules(of: parts[index].range).reduce(0) { sum, rule in
                sum + gradients.row(0, rule.range).sumOfSquares
            }
        }
        return squares.reduce(0, +).squareRoot()
    }

    /// The rules of what is not frozen in `range`, for what they share with it.
    private func rules(of range: Range<Int>) -> [Rule] {
        rules.filter { $0.rate != 0 && $0.range.overlaps(range) }.map {
            Rule(range: $0.range.clamped(to: range), decays: $0.decays, rate: $0.rate)
        }
    }

    /// Begins an update by `gradients`, clipped to their global norm.
    ///
    /// - Returns: what updates one range of the parameters and clears its gradients, for ranges in any order and from several
    ///   threads at once.
    func beginUpdate(
        by gradients: Tensor, norm: Double, rate: Float
    ) -> (_ parameters: Tensor, _ range: Range<Int>) -> Void {
        updates += 1
        let clip = options.clip > 0 ? min(1, Double(options.clip) / (norm + 1e-6)) : 1
        let step = ck_adamw_step(
            rate: rate, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
            correction1: 1 - Float(pow(Double(options.beta1), Double(updates))),
            correction2: 1 - Float(pow(Double(options.beta2), Double(updates))), clip: Float(clip))
        return { [self] parameters, range in
            // What is frozen keeps its moments too.
            for rule in rules(of: range) {
                let range = rule.range
                var step = step
                step.rate *= rule.rate
                withPointers(
                    gradients.row(0, range), parameters.row(0, range), mean.row(0, range), square.row(0, range)
                ) {
                    ck_adamw(Int64(range.count), step, rule.decays ? options.decay : 0, $0, $1, $2, $3)
                }
            }
            gradients.row(0, range).fill(0)
        }
    }
}
