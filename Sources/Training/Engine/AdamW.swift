import Autograd
import CKernels
import Foundation
import Tensors

/// AdamW with decoupled weight decay and bias correction (Loshchilov & Hutter 2019, algorithm 2), over the flat block:
/// m = β₁ m + (1-β₁) g, v = β₂ v + (1-β₂) g², w = w (1 - η λ) - η m̂ / (√v̂ + ε).
///
/// λ is zero for biases and norms. Every pass goes over fixed ranges of the block, so sums do not depend on threads.
public final class AdamW {
    public let options: OptimizerOptions
    /// First and second moments, blocks like the parameters'.
    public let mean: Tensor
    public let square: Tensor
    /// Updates so far.
    public var updates = 0
    private let ranges: [(range: Range<Int>, decays: Bool, rate: Float)]

    /// - Parameter rates: factors of the rate by parameter; what has 0 stays as it is, and its gradients count nowhere.
    public init(
        _ options: OptimizerOptions, _ layout: ParameterLayout, _ pool: StoragePool,
        rates: (Parameter) -> Float = { _ in 1 }
    ) {
        self.options = options
        mean = pool.zeros(1, layout.blockCount)
        square = pool.zeros(1, layout.blockCount)
        ranges = layout.parameters.flatMap { parameter in
            let rate = rates(parameter)
            return stride(from: parameter.range.lowerBound, to: parameter.range.upperBound, by: Self.rangeCount).map {
                ($0..<min($0 + Self.rangeCount, parameter.range.upperBound), parameter.decays, rate)
            }
        }
    }

    /// Floats a range: all five blocks of one range stay in the L2 cache.
    private static let rangeCount = 32_768

    /// Sums the slices' gradients into the first, in order, clears the others, and returns the global norm √Σ g².
    public func reduce(_ gradients: [Tensor], _ workers: Workers) -> Double {
        let squares = workers.map(ranges.count) { index -> Double in
            let (range, _, rate) = ranges[index]
            let total = gradients[0].pointer + range.lowerBound
            for other in gradients.dropFirst() {
                ck_add(Int64(range.count), other.pointer + range.lowerBound, total)
                (other.pointer + range.lowerBound).update(repeating: 0, count: range.count)
            }
            return rate == 0 ? 0 : ck_sum_of_squares(Int64(range.count), total)
        }
        return squares.reduce(0, +).squareRoot()
    }

    /// One update of `parameters` by the reduced `gradients`, clipped to the global norm, which are zero afterwards.
    public func update(_ parameters: Tensor, _ gradients: Tensor, norm: Double, rate: Float, _ workers: Workers) {
        updates += 1
        let clip = options.clip > 0 ? min(1, Double(options.clip) / (norm + 1e-6)) : 1
        let step = ck_adamw_step(
            rate: rate, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
            correction1: 1 - Float(pow(Double(options.beta1), Double(updates))),
            correction2: 1 - Float(pow(Double(options.beta2), Double(updates))), clip: Float(clip))
        workers.each(ranges.count) { index in
            let (range, decays, factor) = ranges[index]
            let (first, count) = (range.lowerBound, Int64(range.count))
            var step = step
            step.rate *= factor
            // What is frozen keeps its moments too.
            if factor != 0 {
                ck_adamw(
                    count, step, decays ? options.decay : 0, gradients.pointer + first, parameters.pointer + first,
                    mean.pointer + first, square.pointer + first)
            }
            (gradients.pointer + first).update(repeating: 0, count: range.count)
        }
    }
}
