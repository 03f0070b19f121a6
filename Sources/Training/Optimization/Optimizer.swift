import Autograd
import Tensors

/// A rule at work on the flat block of parameters, with what it remembers of them.
///
/// The norm is summed over fixed parts of the block, so it does not depend on threads.
public final class Optimizer {
    public let options: OptimizerOptions
    /// By their names in a checkpoint; blocks like the parameters'.
    public let moments: [(name: String, block: Tensor)]
    /// Updates so far.
    public var updates = 0
    private let rule: any OptimizerRule
    private let stretches: [[Stretch]]
    private let parameters: Int

    /// What a part of the block shares with a parameter that is not frozen.
    private struct Stretch {
        let parameter: Int
        let range: Range<Int>
        let decays: Bool
        let rate: Float
    }

    /// - Parameters:
    ///   - parts: of the block, which are worked on at a time.
    ///   - rates: factors of the rate by parameter; what has 0 stays as it is, its moments too, and its gradients count nowhere.
    ///
    /// - Precondition: `options.kind` is one of `optimizers`.
    init(
        _ options: OptimizerOptions, _ layout: ParameterLayout, _ parts: [ParameterChunk], _ pool: StoragePool,
        rates: (Parameter) -> Float
    ) {
        guard let kind = optimizers.first(where: { $0.name == options.kind ?? AdamW.name }) else {
            preconditionFailure("no optimizer is called \(options.kind ?? "")")
        }
        self.options = options
        rule = kind.init(options)
        moments = kind.moments.map { ($0, pool.zeros(1, layout.blockCount)) }
        parameters = layout.parameters.count
        let rates = layout.parameters.map(rates)
        stretches = parts.map { part in
            layout.parameters.enumerated().filter { rates[$0] != 0 && $1.range.overlaps(part.range) }.map {
                Stretch(parameter: $0, range: $1.range.clamped(to: part.range), decays: $1.decays, rate: rates[$0])
            }
        }
    }

    /// The global norm √Σ g².
    func norm(of gradients: Tensor, _ workers: Workers) -> Double {
        let squares = workers.map(stretches.count) { part in
            stretches[part].reduce(0) { $0 + gradients.row(0, $1.range).sumOfSquares }
        }
        return squares.reduce(0, +).squareRoot()
    }

    /// Updates `weights` by `gradients`, clipped to their global norm, and clears these.
    func update(_ weights: ModelWeights, by gradients: Tensor, norm: Double, rate: Float) {
        updates += 1
        let clip = options.clip > 0 ? min(1, Double(options.clip) / (norm + 1e-6)) : 1
        let update = Update(
            number: updates, rate: rate, clip: Float(clip), parameters: parameters, parts: stretches.count,
            pieces: { [stretches, moments] part in
                stretches[part].map { stretch in
                    Piece(
                        parameter: stretch.parameter, decays: stretch.decays, rate: stretch.rate,
                        values: weights.block.row(0, stretch.range), gradients: gradients.row(0, stretch.range),
                        moments: moments.map { $0.block.row(0, stretch.range) })
                }
            }, workers: weights.workers)
        apply(rule, update, to: weights, gradients)
    }

    private func apply<Rule: OptimizerRule>(
        _ rule: Rule, _ update: Update, to weights: ModelWeights, _ gradients: Tensor
    ) {
        let prepared = rule.prepare(update)
        weights.rewrite { part in
            for piece in update.pieces(part) { rule.apply(prepared, update, to: piece) }
            gradients.row(0, weights.parts[part].range).fill(0)
        }
    }
}
