import Autograd
import Communication
import Cuda
import Tensors

/// A model that learns: one optimizer step at a time, and evaluation.
public final class Trainer<O: Objective> {
    public let objective: O
    public let model: SlicedModel
    /// What makes a step's examples ready.
    public let packer: StepPacker<O>
    private let schedule: ScheduleOptions
    private let random: RandomStream

    /// - Parameters:
    ///   - ranks: the processes that learn together.
    ///   - device: a GPU that computes in the place of the CPU.
    ///   - isRestored: whether a checkpoint is about to bring all weights, so that none are drawn.
    ///   - objective: builds the model in a layout.
    public init(
        _ options: some TrainingOptions, ranks: any Communicator = Ranks.current, device: CudaDevice? = nil,
        isRestored: Bool = false, _ objective: (ParameterLayout) -> O
    ) {
        let layout = ParameterLayout()
        self.objective = objective(layout)
        let layers = self.objective.encoder.options.layers
        let weights = ModelWeights(
            layout, seed: isRestored ? nil : options.seed, slices: options.slices,
            workers: Workers(threads: options.threads),
            precision: options.precision, backward: true, ranks: ranks, device: device)
        model = SlicedModel(
            weights, optimizer: options.optimizer, recomputes: options.recompute, shards: options.cut.shards,
            wire: options.wire ?? .fp32, table: self.objective.table
        ) { options.rate(of: $0, layers: layers) }
        schedule = options.schedule
        let cut = device == nil ? options.cut : options.deviceCut
        if device != nil { weights.machine?.passTokens = cut.microBatchTokens }
        packer = StepPacker(objective: self.objective, cut: cut, shards: model.shards)
        random = RandomStream(seed: options.seed).stream("dropout")
    }

    /// What one step gave.
    public struct Step: Sendable {
        public let counts: O.Counts
        public let loss: Double
        /// Before clipping.
        public let gradientNorm: Double
        public let rate: Float
        public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite }
    }

    /// Step `index` (from 0) of `total` on `examples`: pass, backward, update.
    ///
    /// A step whose loss or gradients are not finite changes no parameter.
    public func step(_ examples: [O.Example], index: Int, of total: Int) -> Step {
        step(packer.pack(examples), index: index, of: total)
    }

    /// The same on examples that were packed before.
    public func step(_ packed: PackedStep<O>, index: Int, of total: Int) -> Step {
        let counts = model.accumulateShards(
            { packed.batches[$0] ?? [] }, reading: packed.rows, random: random.stream(UInt64(index))
        ) { batch, tape in
            let (loss, counts) = objective.pass(batch, of: packed.whole, tape)
            tape.backward(from: loss)
            return counts()
        }.sum
        let (loss, rate) = (
            objective.loss(counts), model.optimizer.options.rate * schedule.factor(step: index, of: total)
        )
        let norm = model.learn(fromFinite: loss.isFinite, rate: rate)
        return Step(counts: counts, loss: loss, gradientNorm: norm, rate: rate)
    }

    func rehearseEvaluation(_ examples: [O.Example]) { objective.rehearse(examples, model.weights, packer.cut) }

    public func evaluate(_ examples: [O.Example]) throws(Diverged) -> HeldOut<O.Result> {
        try objective.evaluate(examples, model.weights, packer.cut)
    }
}
