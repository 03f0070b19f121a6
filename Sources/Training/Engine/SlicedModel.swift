import Autograd
import Cuda
import Foundation
import Tensors

/// A model and what it takes to improve it: gradients and an optimizer.
///
/// A step's batch is cut into slices, and these into micro-batches, the passes of a step: first the first one of every slice,
/// then the second ones, and so on. As many run at the same time as there are slices and threads, and add their gradients
/// in the order of passes, so a step gives the same bits for the same number of slices, however many threads there are. A batch
/// of several shards is cut into these first, of which every rank has some, and the same holds for the number of ranks.
public final class SlicedModel {
    public let weights: ModelWeights
    public let optimizer: Optimizer
    /// Whether passes compute the activations of blocks once more for backward.
    private let recomputes: Bool
    private let sums: ShardSums?
    /// Of a model on a GPU, where they lie.
    private let gradients: Tensor?
    private let pool = StoragePool()
    /// Whether gradients were summed and not applied.
    private var holdsGradients = false

    /// Where the time of steps went since it was set; nil, as at first, measures nothing.
    public var profile: StepProfile?

    /// - Parameters:
    ///   - shards: of every batch.
    ///   - wire: what their gradients travel as.
    ///   - table: the embeddings of which a step may say that it reads some rows alone.
    public init(
        _ weights: ModelWeights, optimizer options: OptimizerOptions, recomputes: Bool, shards: Int = 1,
        wire: Precision = .fp32, table: Parameter? = nil, rates: (Parameter) -> Float = { _ in 1 }
    ) {
        self.weights = weights
        self.recomputes = recomputes
        optimizer = Optimizer(options, weights, pool, table: table, rates: rates)
        gradients = weights.machine?.zeros()
        sums = gradients == nil ? ShardSums(weights, shards: shards, wire: wire, from: pool) : nil
    }

    public var layout: ParameterLayout { weights.layout }
    public var parameters: Tensor { weights.parameters }
    public var workers: Workers { weights.workers }
    /// Of every batch those of this rank.
    var shards: Range<Int> { sums?.own ?? 0..<1 }

    /// Bytes held from the system and blocks asked for, over all pools.
    public var allocatedBytes: Int { pool.allocatedBytes + weights.allocatedBytes + (sums?.allocated.bytes ?? 0) }
    /// That work on a step, over all ranks, each of which is taken to have as many.
    var cores: Int { workers.cores * weights.ranks.size }
    /// What the run has of a GPU's memory; nil without one.
    var deviceBytes: Int? { weights.machine?.heldBytes }
    /// That, or what its process holds; nil where the system does not tell.
    var memoryBytes: Int? { deviceBytes ?? ProcessMemory.residentBytes }
    public var allocatedBlocks: Int { pool.allocatedBlocks + weights.allocatedBlocks + (sums?.allocated.blocks ?? 0) }

    /// Sums the gradients of all micro-batches of this rank's shards; `batches(shard)[s]` are those of slice s.
    ///
    /// - Parameters:
    ///   - rows: of the table of embeddings all that the passes read; nil where it may be any.
    ///   - pass: runs one micro-batch forward and backward, and returns what it counted.
    /// - Returns: what was counted, over each shard of all ranks.
    func accumulateShards<Batch, Counts: Summable>(
        _ batches: (_ shard: Int) -> [[Batch]], reading rows: RowRuns? = nil, random: RandomStream,
        _ pass: (Batch, Tape) -> Counts
    ) -> [Counts] {
        let start = ContinuousClock.now
        optimizer.begin(reading: rows)
        profile?.add("optimizer", since: start)
        guard let sums else { return [accumulateOnMachine(batches(0), random: random, pass).sum] }
        weights.unite()
        let counts = sums.own.map { shard in
            let counts = accumulate(batches(shard), of: shard, sums, random: random, pass).sum
            let start = ContinuousClock.now
            defer { profile?.add("reduction", since: start) }
            sums.end(shard)
            return counts
        }
        return Array(weights.ranks.gather(counts).joined())
    }

    /// Sums the gradients of all micro-batches of one shard; `batches[s]` are those of slice s.
    ///
    /// - Parameter pass: runs one micro-batch forward and backward, and returns what it counted.
    /// - Returns: what was counted, in the order of passes.
    private func accumulate<Batch, Counts>(
        _ batches: [[Batch]], of shard: Int, _ sums: ShardSums, random: RandomStream, _ pass: (Batch, Tape) -> Counts
    ) -> [Counts] {
        let memory = weights.passMemory
        precondition(batches.count == memory.count, "\(batches.count) parts for \(memory.count) slices")
        // Of a step that was not finite.
        if holdsGradients { sums.clear() }
        holdsGradients = false
        let start = ContinuousClock.now
        weights.pack()
        profile?.add("weights to bf16", since: start)
        let clocks = profile?.clocks(memory.count)
        let passes = Self.inRounds(batches)
        let gradients = sums.gradients
        sums.begin(shard, passes: passes.count)
        return workers.mapInOrder(passes.count, limit: memory.count) { index, team in
            // In turn, so that steps of the same shape need the same memory. That of a pass is free for the next but so many:
            // one in between has ended, for which this one's gradients had to be in.
            let slot = index % memory.count
            return memory[slot].hold { pool in
                let ofParameters = gradients.pass(index, clock: clocks?[slot])
                defer { ofParameters.end() }
                let tape = Tape(
                    parameters: weights.block, mode: .training(gradients: ofParameters, random: random), pool: pool,
                    team: team, panels: weights.panels, recomputes: recomputes, clock: clocks?[slot])
                return pass(passes[index], tape)
            }
        }
    }

    /// The same on a GPU, one pass after the other.
    private func accumulateOnMachine<Batch, Counts>(
        _ batches: [[Batch]], random: RandomStream, _ pass: (Batch, Tape) -> Counts
    ) -> [Counts] {
        guard let machine = weights.machine, let gradients else { preconditionFailure("no machine to accumulate on") }
        if holdsGradients { gradients.fill(0) }
        holdsGradients = false
        weights.pack()
        let clock = profile?.clocks(1)[0]
        return Self.inRounds(batches).map { batch in
            machine.begin()
            let tape = Tape(
                parameters: machine.parameters,
                mode: .training(gradients: ParameterGradients(gradients), random: random), pool: machine.pool,
                recomputes: recomputes, clock: clock, machine: machine)
            return pass(batch, tape)
        }
    }

    /// The first of every slice, the second of every slice that has one, and so on.
    private static func inRounds<Batch>(_ slices: [[Batch]]) -> [Batch] {
        (0..<(slices.map(\.count).max() ?? 0)).flatMap { round in
            slices.compactMap { round < $0.count ? $0[round] : nil }
        }
    }

    /// Applies the summed gradients and clears them, unless the loss or they are not finite; returns their norm before clipping.
    ///
    /// A GPU decides that itself: it goes on while the norm is on its way.
    public func learn(fromFinite isFinite: Bool, rate: Float) -> Double {
        let start = ContinuousClock.now
        holdsGradients = true
        guard isFinite else { return optimizer.norm(of: sum) }
        let norm = optimizer.update(by: sum, rate: rate)
        holdsGradients = !norm.isFinite
        profile?.add("optimizer", since: start.advanced(by: optimizer.waited))
        if weights.ranks.size > 1 { profile?.add("weights of others", since: ContinuousClock.now - optimizer.waited) }
        return norm
    }

    /// The gradients, right in this rank's parts.
    private var sum: Tensor {
        guard let sum = gradients ?? sums?.gradients.block else { preconditionFailure("no gradients") }
        return sum
    }

    /// The norm of the reduced gradients of every part of the model, for a post-mortem: `embeddings 1.2`, `layer 3 nan`.
    public func gradientNorms() -> [String] {
        let whole = pool.zeros(1, layout.blockCount)
        for part in weights.shares.own.map({ weights.shares.ranges[$0] }) {
            whole.row(0, part).copy(from: sum.row(0, part))
        }
        weights.shares.spread(whole)
        var squares: [(part: ModelPart, sum: Double)] = []
        for parameter in layout.parameters {
            let gradient = whole.view(at: parameter.offset, rows: 1, columns: parameter.count)
            let sum = gradient.values.reduce(0.0) { $0 + Double($1) * Double($1) }
            let part = parameter.part
            if let index = squares.firstIndex(where: { $0.part == part }) {
                squares[index].sum += sum
            } else {
                squares.append((part, sum))
            }
        }
        return squares.map { "\($0.part)" + ($0.sum.isNaN ? " nan" : String(format: " %.3g", $0.sum.squareRoot())) }
    }
}
