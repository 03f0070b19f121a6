import Autograd
import Communication
import Cuda
import Tensors

/// The parameters of a model as its passes read them, and passes without gradients, spread over workers.
public final class ModelWeights {
    public let layout: ParameterLayout
    private(set) var block: Tensor
    public let workers: Workers
    public let precision: Precision
    private(set) var panels: WeightPanels?
    /// Of as many passes at the same time as there are slices.
    let passMemory: [PassMemory]
    private var pool: StoragePool
    /// Whether passes go back too.
    private let backward: Bool
    /// Whether the ranks of a circle have the block and the panels in common.
    private var isUnited = false
    /// All of the block.
    let parts: [ParameterChunk]
    public let ranks: any Communicator
    let shares: BlockShares
    private var panelsAreCurrent = false
    /// Whether the block has lost what the panels hold.
    private var isGivenBack = false
    /// The model on a GPU, where it computes passes.
    let machine: CudaMachine?
    /// Does what is still to be done to parameters that no step has read since: before anybody else looks at them.
    var settle: () -> Void = {}
    /// Whose parameters are newer.
    private var newer = Side.both

    private enum Side { case host, device, both }

    /// - Parameters:
    ///   - seed: of fresh parameters; nil leaves zeros, where a checkpoint brings every one.
    ///   - backward: whether passes go back too, which in bf16 takes panels of their own.
    ///   - ranks: the processes that have the same parameters.
    ///   - device: a GPU that computes in the place of the CPU.
    public init(
        _ layout: ParameterLayout, seed: UInt64?, slices: Int, workers: Workers, precision: Precision, backward: Bool,
        ranks: any Communicator = Ranks.current, device: CudaDevice? = nil
    ) {
        pool = StoragePool()
        self.layout = layout
        self.workers = workers
        (self.precision, self.backward) = (precision, backward)
        machine = device.map { CudaMachine($0, layout, precision) }
        // Float32 in training would have to lay weights out in every step.
        let keepsPanels = device == nil && (precision == .bf16 || Products.takesPanels && !backward)
        panels = keepsPanels ? WeightPanels(layout, precision, backward: backward, from: pool) : nil
        parts = layout.parts
        self.ranks = ranks
        shares = BlockShares(parts, ranks)
        block =
            seed.map { [pool] in layout.initialBlock(seed: $0, from: pool, each: workers.each) }
            ?? pool.zeros(1, layout.blockCount)
        newer = .host
        passMemory = (0..<slices).map { _ in PassMemory() }
    }

    /// Bytes held from the system and blocks asked for, over all pools.
    var allocatedBytes: Int {
        if let machine { return machine.allocatedBytes }
        return passMemory.reduce(pool.allocatedBytes + workers.allocated.bytes) { $0 + $1.pool.allocatedBytes }
    }
    var allocatedBlocks: Int {
        passMemory.reduce(pool.allocatedBlocks + workers.allocated.blocks) { $0 + $1.pool.allocatedBlocks }
    }

    /// Inference over `batches`, spread over the ranks and their slices; what passes give comes in the order of the batches.
    public func infer<Batch, Value: BitwiseCopyable>(
        _ batches: [Batch], _ pass: (Batch, Tape) -> [Value]
    ) -> [[Value]] {
        settle()
        pack()
        if let machine {
            return batches.map { batch in
                machine.begin()
                return pass(
                    batch,
                    Tape(parameters: machine.parameters, mode: .inference, pool: machine.pool, machine: machine))
            }
        }
        let own = ranks.share(of: batches.count, to: ranks.rank)
        // A lone batch has all threads.
        let count = min(passMemory.count, own.count)
        let parts = workers.mapInOrder(count, limit: count) { index, team in
            passMemory[index].hold { pool in
                stride(from: own.lowerBound + index, to: own.upperBound, by: count).map {
                    pass(batches[$0], Tape(parameters: block, mode: .inference, pool: pool, team: team, panels: panels))
                }
            }
        }
        let values = own.indices.map { parts[($0 - own.lowerBound) % count][($0 - own.lowerBound) / count] }
        guard ranks.size > 1 else { return values }
        let lengths = Array(ranks.gather(values.map(\.count)).joined())
        // Of ranks that are gone.
        guard lengths.count == batches.count else { return batches.map { _ in [] } }
        var all = ranks.gather(Array(values.joined())).joined().makeIterator()
        return lengths.map { length in (0..<length).compactMap { _ in all.next() } }
    }

    /// The block of all parameters, to read and to write. Since nobody knows what is written, the next pass packs anew; but where
    /// ranks have it in common, from the first step on, it is another block, to read alone.
    ///
    /// - Precondition: passes go back too, or there was none yet.
    public var parameters: Tensor {
        precondition(!isGivenBack, "after a pass, weights for inference alone are asked for")
        settle()
        if !isUnited { panelsAreCurrent = false }
        if newer == .device, let machine { block.copy(from: machine.parameters) }
        newer = .host
        return block
    }

    /// From the first step on, ranks that see one another's memory have the parameters and their panels once: each writes its parts,
    /// and no weight is copied. All ranks do so at the same time.
    func unite() {
        guard shares.isShared, !isUnited else { return }
        let panelBytes = panels == nil ? 0 : WeightPanels.bytes(layout, backward: backward)
        let isFirst = shares.circle[0] == ranks.rank
        let memory = ranks.sharedMemory(isFirst ? StoragePool.bytes(of: layout.blockCount) + panelBytes : 0)
        guard let bytes = memory.pieces[shares.circle[0]] else { preconditionFailure("no memory in common") }
        pool = StoragePool(in: bytes, of: memory)
        let own = block
        block = pool.tensor(1, layout.blockCount)
        if isFirst { block.copy(from: own) }
        if panels != nil { panels = WeightPanels(layout, precision, backward: backward, from: pool) }
        ranks.meet()
        let kept = parts.indices.filter { shares.keeper(of: $0) == ranks.rank }
        workers.each(kept.count) { pack(kept[$0]) }
        ranks.meet()
        (isUnited, panelsAreCurrent) = (true, true)
    }

    /// Gives the first rank's parameters to all.
    func share() {
        guard ranks.size > 1 else { return }
        shares.share(block)
        panelsAreCurrent = false
    }

    /// Lets `body` change this rank's parameters a part at a time, on all threads, and packs what it changed while that is in the
    /// cache; meanwhile every part goes to the other ranks, and theirs come.
    ///
    /// - Returns: how long this waited for those at the end.
    func rewrite(_ body: (_ index: Int) -> Void) -> Duration {
        let (own, spread) = (shares.own, WeightSpread(shares, block, pack: pack))
        workers.each(own.count) { index in
            body(index)
            pack(own[index])
            spread?.send(own[index])
        }
        let start = ContinuousClock.now
        spread?.finish(each: workers.each)
        panelsAreCurrent = true
        return start.duration(to: .now)
    }

    private func pack(_ part: Int) { panels?.pack(parts[part], from: block) }

    /// The machine's parameters have changed.
    func machineHasChangedThem() { newer = .device }

    /// Brings the panels, or the machine's parameters, up to the parameters.
    func pack() {
        if let machine, newer == .host {
            machine.load(block)
            newer = .both
        }
        guard let panels, !panelsAreCurrent else { return }
        panelsAreCurrent = true
        guard !backward else { return workers.each(parts.count) { panels.pack(parts[$0], from: block) } }
        // One after the other, so that memory never holds all of them twice. A tied table is looked up too.
        for weight in layout.multiplied {
            let own = parts.filter { weight.range.contains($0.range.lowerBound) }
            workers.each(own.count) { panels.pack(own[$0], from: block) }
            if !layout.tied.contains(weight) { block.row(0, weight.range).giveBack() }
        }
        isGivenBack = true
    }
}
