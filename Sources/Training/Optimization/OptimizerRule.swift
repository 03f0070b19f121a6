import Cuda
import Tensors

/// How gradients change parameters (after Optimisers.jl): what is remembered of every parameter, what is looked at before an
/// update, and what becomes of a piece of the parameters in it.
public protocol OptimizerRule: Sendable {
    /// What all pieces of one update share.
    associatedtype Prepared

    /// As recipes call the rule.
    static var name: String { get }
    /// The numbers that are remembered of every parameter, each a block like the parameters', as checkpoints call them.
    static var moments: [String] { get }
    /// The same on a GPU; nil where it runs on the CPU only.
    static var deviceRule: CudaUpdate.Rule? { get }

    init(_ options: OptimizerOptions)

    /// Begins an update; `Update.sums` may visit all of its pieces and change their moments.
    func prepare(_ update: Update) -> Prepared
    /// Changes the parameters of one piece, in any order and from several threads at once.
    func apply(_ prepared: Prepared, _ update: Update, to piece: Piece)

    /// Where nothing but a piece itself says what becomes of it: `apply` in all of these updates, in turn, to the same bits, for a
    /// piece whose gradients are zero and are not there; it may come after others' later updates. Nil, as by default, where
    /// others have a say.
    var late: ((_ prepared: ArraySlice<Prepared>, _ piece: Piece) -> Void)? { get }
}

extension OptimizerRule {
    public static var deviceRule: CudaUpdate.Rule? { nil }
    public var late: ((ArraySlice<Prepared>, Piece) -> Void)? { nil }
}

extension OptimizerOptions {
    /// The rule that they name.
    ///
    /// - Precondition: `kind` is one of `optimizers`.
    var rule: any OptimizerRule.Type {
        guard let rule = optimizers.first(where: { $0.name == kind ?? AdamW.name }) else {
            preconditionFailure("no optimizer is called \(kind ?? "")")
        }
        return rule
    }
}

/// All rules that there are; the first is the default.
public let optimizers: [any OptimizerRule.Type] = [AdamW.self, LAMB.self]

/// A stretch of one parameter, small enough for the cache.
public struct Piece {
    /// Which of the layout's parameters.
    public let parameter: Int
    /// Whether weight decay applies: not to biases and norms.
    public let decays: Bool
    /// The factor of the update's rate.
    public let rate: Float
    public let values: Tensor
    public let gradients: Tensor
    /// In the order of the rule's names.
    public let moments: [Tensor]
}

/// One update of all parameters, of which each rank has some.
public struct Update {
    /// From 1.
    public let number: Int
    public let rate: Float
    /// The factor of the gradients that clips their global norm.
    public let clip: Float
    let parameters: Int
    let parts: Int
    let pieces: (_ part: Int) -> [Piece]
    let weights: ModelWeights

    /// Σ of `body` over the pieces of every parameter, on all threads and ranks, added in the order of pieces, which no number
    /// of these changes.
    func sums(_ body: (Piece) -> SIMD2<Double>) -> [SIMD2<Double>] {
        let sums = weights.workers.map(parts) { part in
            pieces(part).map { PieceSum(part: weights.shares.own[part], parameter: $0.parameter, sum: body($0)) }
        }
        return weights.ranks.gather(Array(sums.joined())).joined()
            .sorted { ($0.part, $0.parameter) < ($1.part, $1.parameter) }
            .reduce(into: Array(repeating: .zero, count: parameters)) { $0[$1.parameter] += $1.sum }
    }

    private struct PieceSum: BitwiseCopyable {
        let part: Int
        let parameter: Int
        let sum: SIMD2<Double>
    }
}
