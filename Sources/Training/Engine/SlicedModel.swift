import Autograd
import Foundation
import Tensors

/// The parameters of a model and what it takes to improve them: gradients a slice, an optimizer, and workers.
///
/// A step's batch is cut into slices; each runs its micro-batches one after another with a tape, a pool and gradients
/// of its own, on one thread. Gradients are summed in the order of slices, so a step gives the same bits for the same
/// number of slices, however those are spread over threads.
public final class SlicedModel {
    public let layout: ParameterLayout
    public let parameters: Tensor
    public let optimizer: AdamW
    public let workers: Workers
    public let precision: Precision
    /// Whether passes compute the activations of blocks once more for backward.
    private let recomputes: Bool
    private let panels: WeightPanels?
    private let slices: [Slice]
    private let pool: StoragePool

    /// Where the time of steps went since it was set; nil, as at first, measures nothing.
    public var profile: StepProfile?

    private struct Slice {
        let pool = StoragePool()
        let gradients: Tensor
    }

    public init(
        _ layout: ParameterLayout, seed: UInt64, optimizer options: OptimizerOptions, slices: Int, workers: Workers,
        precision: Precision, recomputes: Bool, rates: (Parameter) -> Float = { _ in 1 }
    ) {
        OpenBLAS.useOneThread()
        pool = StoragePool()
        self.layout = layout
        self.workers = workers
        self.precision = precision
        self.recomputes = recomputes
        panels = precision == .bf16 ? WeightPanels(layout, from: pool) : nil
        parameters = layout.initialBlock(seed: seed, from: pool, each: workers.each)
        optimizer = AdamW(options, layout, pool, rates: rates)
        let count = layout.blockCount
        self.slices = (0..<slices).map { [pool] _ in Slice(gradients: pool.zeros(1, count)) }
    }

    public var sliceCount: Int { slices.count }

    /// Bytes held from the system and blocks asked for, over all pools.
    public var allocatedBytes: Int { slices.reduce(pool.allocatedBytes) { $0 + $1.pool.allocatedBytes } }
    public var allocatedBlocks: Int { slices.reduce(pool.allocatedBlocks) { $0 + $1.pool.allocatedBlocks } }

    /// Adds the gradients of every micro-batch to its slice's; `batches[s]` are those of slice s.
    ///
    /// - Parameter pass: runs one micro-batch forward and returns the loss to go back from, and what it counted.
    /// - Returns: what was counted, in the order of slices and micro-batches.
    public func accumulate<Batch, Counts>(
        _ batches: [[Batch]], random: RandomStream, _ pass: (Batch, Tape) -> (loss: Variable, counts: Counts)
    ) -> [Counts] {
        precondition(batches.count == slices.count, "\(batches.count) parts for \(slices.count) slices")
        let start = ContinuousClock.now
        packWeights()
        profile?.add("weights to bf16", since: start)
        let clocks = profile?.clocks(slices.count)
        return workers.map(slices.count) { index in
            let slice = slices[index]
            return batches[index].map { batch in
                let mode = Tape.Mode.training(gradients: slice.gradients, random: random)
                let tape = Tape(
                    parameters: parameters, mode: mode, pool: slice.pool, panels: panels,
                    recomputes: recomputes, clock: clocks?[index])
                let (loss, counts) = pass(batch, tape)
                tape.backward(from: loss)
                return counts
            }
        }.flatMap { $0 }
    }

    /// The norm of the summed gradients, for clipping and for seeing trouble before it is applied.
    public func reduceGradients() -> Double {
        let start = ContinuousClock.now
        defer { profile?.add("reduction", since: start) }
        return optimizer.reduce(slices.map(\.gradients), workers)
    }

    /// Applies the reduced gradients and clears them.
    public func update(norm: Double, rate: Float) {
        let start = ContinuousClock.now
        defer { profile?.add("optimizer", since: start) }
        optimizer.update(parameters, slices[0].gradients, norm: norm, rate: rate, workers)
    }

    /// Inference over `batches`, spread over the slices; results come in the order of the batches.
    public func infer<Batch, Result>(_ batches: [Batch], _ pass: (Batch, Tape) -> Result) -> [Result] {
        packWeights()
        let parts = workers.map(slices.count) { index in
            stride(from: index, to: batches.count, by: slices.count).map {
                pass(
                    batches[$0],
                    Tape(parameters: parameters, mode: .inference, pool: slices[index].pool, panels: panels))
            }
        }
        return batches.indices.map { parts[$0 % slices.count][$0 / slices.count] }
    }

    /// Brings the panels up to the parameters; cheap beside a pass, and right whoever wrote to the parameters.
    private func packWeights() {
        guard let panels else { return }
        workers.each(panels.pieceCount) { panels.pack($0, from: parameters) }
    }

    /// The norm of the reduced gradients of every part of the model, for a post-mortem: `embeddings 1.2`, `layer 3 nan`.
    public func gradientNorms() -> [String] {
        var squares: [(part: ModelPart, sum: Double)] = []
        for parameter in layout.parameters {
            let gradient = slices[0].gradients.view(at: parameter.offset, rows: 1, columns: parameter.count)
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
