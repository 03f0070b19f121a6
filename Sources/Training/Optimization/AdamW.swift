import CKernels
import Cuda
import Foundation
import Tensors

/// Decoupled weight decay and bias correction (Loshchilov & Hutter 2019, algorithm 2):
/// m = β₁ m + (1-β₁) g, v = β₂ v + (1-β₂) g², w = w (1 - η λ) - η m̂ / (√v̂ + ε).
///
/// λ is zero for biases and norms.
public struct AdamW: OptimizerRule {
    public static let name = "adamw"
    public static let moments = ["mean", "square"]
    public static let deviceRule: CudaUpdate.Rule? = .adamw
    private let options: OptimizerOptions

    public init(_ options: OptimizerOptions) { self.options = options }

    public func prepare(_ update: Update) -> ck_adamw_step { ck_adamw_step(options, update) }

    public func apply(_ step: ck_adamw_step, _ update: Update, to piece: Piece) {
        var step = step
        step.rate *= piece.rate
        withPointers(piece.gradients, piece.values, piece.moments[0], piece.moments[1]) {
            ck_adamw(Int64(piece.values.count), step, decay(piece), $0, $1, $2, $3)
        }
    }

    public var late: ((ArraySlice<ck_adamw_step>, Piece) -> Void)? {
        { steps, piece in
            let steps = steps.map { step in
                var step = step
                step.rate *= piece.rate
                return step
            }
            withPointers(piece.values, piece.moments[0], piece.moments[1]) {
                ck_adamw_late(Int64(piece.values.count), Int64(steps.count), steps, decay(piece), $0, $1, $2)
            }
        }
    }

    private func decay(_ piece: Piece) -> Float { piece.decays ? options.decay : 0 }
}

extension ck_adamw_step {
    init(_ options: OptimizerOptions, _ update: Update) {
        self.init(options, number: update.number, rate: update.rate, clip: update.clip)
    }

    init(_ options: OptimizerOptions, number: Int, rate: Float, clip: Float) {
        self.init(
            rate: rate, beta1: options.beta1, beta2: options.beta2, epsilon: options.epsilon,
            correction1: 1 - Float(pow(Double(options.beta1), Double(number))),
            correction2: 1 - Float(pow(Double(options.beta2), Double(number))), clip: clip)
    }
}
