import Autograd
import Tensors

/// The parameters of a model as its passes read them, and passes without gradients, spread over workers.
public final class ModelWeights {
    public let layout: ParameterLayout
    let block: Tensor
    public let workers: Workers
    public let precision: Precision
    let panels: WeightPanels?
    /// Of as many passes at the same time as there are slices.
    let passMemory: [PassMemory]
    private let pool: StoragePool
    /// All of the block.
    let parts: [ParameterChunk]
    private var panelsAreCurrent = false

    /// - Parameters:
    ///   - seed: of fresh parameters; nil leaves zeros, where a checkpoint brings every one.
    ///   - backward: whether passes go back too, which in bf16 takes panels of their own.
    public init(
        _ layout: ParameterLayout, seed: UInt64?, slices: Int, workers: Workers, precision: Precision, backward: Bool
    ) {
        OpenBLAS.useOneThread()
        pool = StoragePool()
        self.layout = layout
        self.workers = workers
        self.precision = precision
        panels = precision == .bf16 ? WeightPanels(layout, backward: backward, from: pool) : nil
        parts = layout.parts
        block =
            seed.map { [pool] in layout.initialBlock(seed: $0, from: pool, each: workers.each) }
            ?? pool.zeros(1, layout.blockCount)
        passMemory = (0..<slices).map { _ in PassMemory() }
    }

    /// Bytes held from the system and blocks asked for, over all pools.
    var allocatedBytes: Int {
        passMemory.reduce(pool.allocatedBytes + workers.allocated.bytes) { $0 + $1.pool.allocatedBytes }
    }
    var allocatedBlocks: Int {
        passMemory.reduce(pool.allocatedBlocks + workers.allocated.blocks) { $0 + $1.pool.allocatedBlocks }
    }

    /// Inference over `batches`, spread over the slices; results come in the order of the batches.
    public func infer<Batch, Result>(_ batches: [Batch], _ pass: (Batch, Tape) -> Result) -> [Result] {
        pack()
        let count = passMemory.count
        let parts = workers.mapInOrder(count, limit: count) { index, team in
            passMemory[index].hold { pool in
                stride(from: index, to: batches.count, by: count).map {
                    pass(batches[$0], Tape(parameters: block, mode: .inference, pool: pool, team: team, panels: panels))
                }
            }
        }
        return batches.indices.map { parts[$0 % count][$0 / count] }
    }

    /// The block of all parameters, to read and to write. Since nobody knows what is written, the next pass packs anew.
    public var parameters: Tensor {
        panelsAreCurrent = false
        return block
    }

    /// Lets `body` change the parameters a part at a time, on all threads, and packs what it changed while that is in the cache.
    func rewrite(_ body: (_ part: Int) -> Void) {
        workers.each(parts.count) { index in
            body(index)
            panels?.pack(parts[index], from: block)
        }
        panelsAreCurrent = true
    }

    /// Brings the panels up to the parameters.
    func pack() {
        guard let panels, !panelsAreCurrent else { return }
        workers.each(parts.count) { panels.pack(parts[$0], from: block) }
        panelsAreCurrent = true
    }
}
