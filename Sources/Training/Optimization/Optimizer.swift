import Autograd
import CKernels
import Communication
import Cuda
import Tensors

/// A rule at work on this rank's part of the flat block of parameters, with what it remembers of them.
///
/// The norm is summed over fixed parts of the block, so it depends neither on threads nor on ranks.
public final class Optimizer {
    public let options: OptimizerOptions
    /// By their names in a checkpoint; this rank's part of blocks like the parameters'.
    let moments: [(name: String, part: Tensor)]
    /// Updates so far.
    public var updates = 0
    private let rule: any OptimizerRule
    private let weights: ModelWeights
    private let pool: StoragePool
    /// On a GPU, what does the work.
    private let update: CudaUpdate?
    /// By this rank's parts of the block.
    private let stretches: [[Stretch]]
    /// The embeddings, where a step may say which of their rows it reads.
    private let table: Parameter?
    /// The others, whose updates wait.
    private let late: (any TableOfLateRows)?
    /// Those that the passes of this step read; nil where it may be any.
    private var read: RowRuns?
    /// How long the last update waited for other ranks' weights.
    private(set) var waited = Duration.zero

    /// What a part of the block shares with a parameter that is not frozen.
    private struct Stretch {
        let parameter: Int
        let range: Range<Int>
        /// In this rank's moments.
        let place: Range<Int>
        let decays: Bool
        let rate: Float
    }

    /// - Parameters:
    ///   - rates: factors of the rate by parameter; what has 0 stays as it is, its moments too, and its gradients count nowhere.
    ///   - table: the embeddings of which passes may be said to read some rows alone.
    /// - Precondition: `options.kind` is one of `optimizers`.
    init(
        _ options: OptimizerOptions, _ weights: ModelWeights, _ pool: StoragePool, table: Parameter? = nil,
        rates: (Parameter) -> Float
    ) {
        let kind = options.rule
        self.options = options
        let rule = kind.init(options)
        self.rule = rule
        (self.weights, self.pool) = (weights, pool)
        let moments = kind.moments.map { name in
            (name: name, part: weights.machine?.zeros() ?? pool.zeros(1, weights.shares.count))
        }
        self.moments = moments
        self.table = table
        let (parameters, rates) = (weights.layout.parameters, weights.layout.parameters.map(rates))
        stretches = zip(weights.shares.own, weights.shares.places).map { part, place in
            let part = weights.shares.ranges[part]
            return parameters.enumerated().filter { rates[$0] != 0 && $1.range.overlaps(part) }.map {
                let range = $1.range.clamped(to: part)
                let first = place.lowerBound + range.lowerBound - part.lowerBound
                return Stretch(
                    parameter: $0, range: range, place: first..<first + range.count, decays: $1.decays, rate: rates[$0])
            }
        }
        late = table.flatMap { table in
            parameters.indices.first { rates[$0] != 0 && parameters[$0] == table }.flatMap {
                Self.lateRows(of: table, index: $0, rate: rates[$0], rule, moments.map(\.part), weights)
            }
        }
        if let late { weights.settle = { late.catchUp(nil) } }
        update = weights.machine.map { machine in
            guard let rule = kind.deviceRule else { preconditionFailure("\(kind.name) runs on the CPU only") }
            return CudaUpdate(
                machine, rule, moments: moments.map(\.part),
                zip(parameters, rates).filter { $0.1 != 0 }.map { parameter, rate in
                    UpdatedRange(
                        parameter.range, decay: parameter.decays ? options.decay : 0, decays: parameter.decays,
                        rate: rate)
                })
        }
    }

    /// Only where all parameters are here and the CPU updates them.
    private static func lateRows<Rule: OptimizerRule>(
        of table: Parameter, index: Int, rate: Float, _ rule: Rule, _ moments: [Tensor], _ weights: ModelWeights
    ) -> (any TableOfLateRows)? {
        guard let apply = rule.late, weights.ranks.size == 1, weights.machine == nil else { return nil }
        precondition(!weights.layout.multiplied.contains(table), "all rows of \(table.name) are read")
        let nothing = weights.block.row(0, 0..<0)
        return LateRows<Rule.Prepared>(
            weights.block.view(of: table), moments: moments.map { $0.view(of: table) }, weights.workers,
            piece: { values, moments in
                Piece(
                    parameter: index, decays: table.decays, rate: rate, values: values, gradients: nothing,
                    moments: moments)
            }, apply: apply)
    }

    /// Before the passes of a step: of the table they read no other rows than these.
    ///
    /// - Parameter rows: nil where it may be any.
    func begin(reading rows: RowRuns?) {
        read = rows
        late?.catchUp(rows)
    }

    /// The global norm √Σ g² over all ranks.
    ///
    /// - Parameter gradients: a block, right in this rank's parts.
    func norm(of gradients: Tensor) -> Double {
        if let update { return update.norm(of: gradients) }
        let squares = weights.workers.map(stretches.count) { part in
            stretches[part].reduce(0) { readRanges(of: $1).reduce($0) { $0 + gradients.row(0, $1).sumOfSquares } }
        }
        return weights.shares.gather(squares).reduce(0, +).squareRoot()
    }

    /// Updates the weights by this rank's parts of the gradients, clipped to their global norm, which is returned, and clears these;
    /// changes nothing where that is not finite.
    func update(by gradients: Tensor, rate: Float) -> Double {
        if let device = self.update {
            let norm = device(
                gradients, ck_adamw_step(options, number: updates + 1, rate: rate, clip: max(0, options.clip)))
            guard norm.isFinite else { return norm }
            updates += 1
            weights.machineHasChangedThem()
            return norm
        }
        let norm = norm(of: gradients)
        if norm.isFinite { update(by: gradients, norm: norm, rate: rate) }
        return norm
    }

    func update(by gradients: Tensor, norm: Double, rate: Float) {
        updates += 1
        let clip = options.clip > 0 ? min(1, Double(options.clip) / (norm + 1e-6)) : 1
        let update = Update(
            number: updates, rate: rate, clip: Float(clip), parameters: weights.layout.parameters.count,
            parts: stretches.count,
            pieces: { [self] part in
                stretches[part].flatMap { stretch in
                    (late == nil ? [stretch.range] : readRanges(of: stretch)).map { range in
                        let first = stretch.place.lowerBound + range.lowerBound - stretch.range.lowerBound
                        return Piece(
                            parameter: stretch.parameter, decays: stretch.decays, rate: stretch.rate,
                            values: weights.block.row(0, range), gradients: gradients.row(0, range),
                            moments: moments.map { $0.part.row(0, first..<first + range.count) })
                    }
                }
            }, weights: weights)
        apply(rule, update, gradients)
    }

    /// What of it has gradients: over ranks too, for the same bits of their norm.
    private func readRanges(of stretch: Stretch) -> [Range<Int>] {
        guard let table, let read, table.range.overlaps(stretch.range) else { return [stretch.range] }
        return read.floats(of: table, in: stretch.range)
    }

    private func apply<Rule: OptimizerRule>(_ rule: Rule, _ update: Update, _ gradients: Tensor) {
        let late = self.late as? LateRows<Rule.Prepared>
        if read == nil { late?.catchUp(nil) }
        let prepared = rule.prepare(update)
        waited = weights.rewrite { index in
            let pieces = update.pieces(index)
            for piece in pieces { rule.apply(prepared, update, to: piece) }
            let part = weights.shares.ranges[weights.shares.own[index]]
            guard late != nil, read != nil, let table = table?.range, table.overlaps(part) else {
                return gradients.row(0, part).fill(0)
            }
            // Of the table only what was read has gradients.
            for rest in [0..<table.lowerBound, table.upperBound..<Int.max] {
                gradients.row(0, part.clamped(to: rest)).fill(0)
            }
            for piece in pieces { piece.gradients.fill(0) }
        }
        if let read { late?.add(prepared, after: read) }
        read = nil
    }
}

extension Optimizer {
    /// Whether the moments lie with other ranks too, or on a GPU.
    private var isElsewhere: Bool { weights.ranks.size > 1 || weights.machine != nil }

    /// Whole blocks for the moments: where there are no other ranks those that are worked on, else of zeros.
    func blocks() -> [(name: String, block: Tensor)] {
        late?.catchUp(nil)
        return moments.map { name, part in
            (name, isElsewhere ? pool.zeros(1, weights.layout.blockCount) : part)
        }
    }

    /// All of the moments on the first rank, for which it takes memory where there are others; nothing on these.
    func collected() -> [(name: String, block: Tensor)] {
        guard isElsewhere else { return blocks() }
        if weights.machine != nil {
            let blocks = blocks()
            for (index, moment) in moments.enumerated() { blocks[index].block.copy(from: moment.part) }
            return blocks
        }
        let blocks = weights.ranks.isFirst ? blocks() : []
        for (index, moment) in moments.enumerated() {
            weights.shares.collect(moment.part, into: blocks.isEmpty ? nil : blocks[index].block)
        }
        return blocks
    }

    /// Gives every rank its part of what lies in the first one's `blocks`.
    func deal(_ blocks: [Tensor]) {
        if weights.machine != nil {
            for (index, moment) in moments.enumerated() { moment.part.copy(from: blocks[index]) }
        }
        guard weights.ranks.size > 1 else { return }
        for (index, moment) in moments.enumerated() {
            weights.shares.deal(weights.ranks.isFirst ? blocks[index] : nil, into: moment.part)
        }
    }
}
