import CKernels
import Cuda
import Tensors

/// AdamW's direction, as long as the parameter itself (You et al. 2020, algorithm 2, with φ the identity):
/// u = m̂ / (√v̂ + ε) + λ w, w = w - η (|w| / |u|) u, with norms over the whole of a parameter.
///
/// As in the authors' program, biases and norms neither decay nor have a trust ratio, nor has what is zero.
public struct LAMB: OptimizerRule {
    public static let name = "lamb"
    public static let moments = AdamW.moments
    public static let deviceRule: CudaUpdate.Rule? = .lamb
    private let options: OptimizerOptions

    public init(_ options: OptimizerOptions) { self.options = options }

    /// The trust ratio of every parameter, |w| / |u|; the moments are already those of this update.
    public func prepare(_ update: Update) -> (step: ck_adamw_step, ratios: [Float]) {
        let step = ck_adamw_step(options, update)
        let squares = update.sums { piece in
            let direction = withPointers(piece.gradients, piece.values, piece.moments[0], piece.moments[1]) {
                ck_lamb_moments(Int64(piece.values.count), step, decay(piece), $0, $1, $2, $3)
            }
            return piece.decays ? [piece.values.sumOfSquares, direction] : .zero
        }
        return (step, squares.map { $0.x > 0 && $0.y > 0 ? Float(($0.x / $0.y).squareRoot()) : 1 })
    }

    public func apply(_ prepared: (step: ck_adamw_step, ratios: [Float]), _ update: Update, to piece: Piece) {
        var step = prepared.step
        step.rate *= piece.rate * prepared.ratios[piece.parameter]
        withPointers(piece.values, piece.moments[0], piece.moments[1]) {
            ck_lamb(Int64(piece.values.count), step, decay(piece), $0, $1, $2)
        }
    }

    private func decay(_ piece: Piece) -> Float { piece.decays ? options.decay : 0 }
}
