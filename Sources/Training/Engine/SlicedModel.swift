import Autograd
import Foundation
import Tensors

/// A model and what it takes to improve it: gradients a slice and an optimizer.
///
/// A step's batch is cut into slices; each runs its micro-batches one after another with a tape, a pool and gradients
/// of its own, on one thread. Gradients are summed in the order of slices, so a step gives the same bits for the same
/// number of slices, however those are spread over threads.
public final class SlicedModel {
    public let weights: ModelWeights
    public let optimizer: AdamW
    /// Whether passes compute the activations of blocks once more for backward.
    private let recomputes: Bool
    /// Blocks like the parameters', one a slice.
    private let gradients: [Tensor]
    private let pool = StoragePool()
    /// Whether gradients were summed and not applied.
    private var holdsGradients = false

    /// Where the time of steps went since it was set; nil, as at first, measures nothing.
    public var profile: StepProfile?

    public init(
        _ weights: ModelWeights, optimizer options: OptimizerOptions, recomputes: Bool,
        rates: (Parameter) -> Float = { _ in 1 }
    ) {
        self.weights = weights
        self.recomputes = recomputes
        optimizer = AdamW(options, weights.layout, pool, rates: rates)
        gradients = weights.slicePools.map { [pool] _ in pool.zeros(1, weights.layout.blockCount) }
    }

    public var layout: ParameterLayout { weights.layout }
    public var parameters: Tensor { weights.parameters }
    public var workers: Workers { weights.workers }
    public var sliceCount: Int { gradients.count }

    /// Bytes held from the system and blocks asked for, over all pools.
    public var allocatedBytes: Int { pool.allocatedBytes + weights.allocatedBytes }
    public var allocatedBlocks: Int { pool.allocatedBlocks + weights.allocatedBlocks }

    /// Adds the gradients of every micro-batch to its slice's; `batches[s]` are those of slice s.
    ///
    /// - Parameter pass: runs one micro-batch forward and returns the loss to go back from, and what it counted.
    /// - Returns: what was counted, in the order of slices and micro-batches.
    public func accumulate<Batch, Counts>(
        _ batches: [[Batch]], random: RandomStream, _ pass: (Batch, Tape) -> (loss: Variable, counts: Counts)
    ) -> [Counts] {
        precondition(batches.count == sliceCount, "\(batches.count) parts for \(sliceCount) slices")
        // Of a step that was not finite.
        if holdsGradients { gradients[0].fill(0) }
        holdsGradients = false
        let start = ContinuousClock.now
        weights.pack()
        profile?.add("weights to bf16", since: start)
        let clocks = profile?.clocks(sliceCount)
        return workers.map(sliceCount) { index in
            batches[index].map { batch in
                let mode = Tape.Mode.training(gradients: gradients[index], random: random)
                let tape = Tape(
                    parameters: parameters, mode: mode, pool: weights.slicePools[index], panels: weights.panels,
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
        holdsGradients = true
        return optimizer.reduce(gradients, workers)
    }

    /// Applies the reduced gradients and clears them.
    public func update(norm: Double, rate: Float) {
        let start = ContinuousClock.now
        defer { profile?.add("optimizer", since: start) }
        holdsGradients = false
        optimizer.update(parameters, gradients[0], norm: norm, rate: rate, workers)
    }

    /// The norm of the reduced gradients of every part of the model, for a post-mortem: `embeddings 1.2`, `layer 3 nan`.
    public func gradientNorms() -> [String] {
        var squares: [(part: ModelPart, sum: Double)] = []
        for parameter in layout.parameters {
            let gradient = gradients[0].view(at: parameter.offset, rows: 1, columns: parameter.count)
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
