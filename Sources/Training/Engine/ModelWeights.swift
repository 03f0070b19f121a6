import Autograd
import Tensors

/// The parameters of a model as its passes read them, and passes without gradients, spread over workers.
public final class ModelWeights {
    public let layout: ParameterLayout
    public let parameters: Tensor
    public let workers: Workers
    public let precision: Precision
    let panels: WeightPanels?
    /// What the passes of one slice compute lies in a pool of its own.
    let slicePools: [StoragePool]
    private let pool: StoragePool

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
        parameters =
            seed.map { [pool] in layout.initialBlock(seed: $0, from: pool, each: workers.each) }
            ?? pool.zeros(1, layout.blockCount)
        slicePools = (0..<slices).map { _ in StoragePool() }
    }

    /// Bytes held from the system and blocks asked for, over all pools.
    var allocatedBytes: Int { slicePools.reduce(pool.allocatedBytes) { $0 + $1.allocatedBytes } }
    var allocatedBlocks: Int { slicePools.reduce(pool.allocatedBlocks) { $0 + $1.allocatedBlocks } }

    /// Inference over `batches`, spread over the slices; results come in the order of the batches.
    public func infer<Batch, Result>(_ batches: [Batch], _ pass: (Batch, Tape) -> Result) -> [Result] {
        pack()
        let parts = workers.map(slicePools.count) { index in
            stride(from: index, to: batches.count, by: slicePools.count).map {
                pass(
                    batches[$0],
                    Tape(parameters: parameters, mode: .inference, pool: slicePools[index], panels: panels))
            }
        }
        return batches.indices.map { parts[$0 % slicePools.count][$0 / slicePools.count] }
    }

    /// Brings the panels up to the parameters; cheap beside a pass, and right whoever wrote to the parameters.
    func pack() {
        guard let panels else { return }
        workers.each(panels.pieceCount) { panels.pack($0, from: parameters) }
    }
}
