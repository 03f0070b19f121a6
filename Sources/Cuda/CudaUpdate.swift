import CKernels
import Tensors

/// A range of the block of parameters that one parameter has.
public struct UpdatedRange {
    let range: Range<Int>
    let decay: Float
    let decays: Bool
    let rate: Float

    /// - Parameters:
    ///   - decay: λ of the weight decay.
    ///   - decays: whether it is of the parameters that decay, which LAMB trusts too.
    ///   - rate: factor of a step's rate.
    public init(_ range: Range<Int>, decay: Float, decays: Bool, rate: Float) {
        (self.range, self.decay, self.decays, self.rate) = (range, decay, decays, rate)
    }
}

/// AdamW (Loshchilov & Hutter 2019, algorithm 2) or LAMB (You et al. 2020, algorithm 2) on a GPU, in one go over all parameters.
public final class CudaUpdate {
    public enum Rule: Sendable { case adamw, lamb }

    private let machine: CudaMachine
    private let rule: Rule
    private let moments: [Tensor]
    /// Of at most 4,096 numbers each, a block of threads a chunk.
    private let chunks: Tensor
    private let count: Int
    private let parameters: (first: Tensor, decays: Tensor, count: Int)
    private let partials: Tensor
    private let result: Tensor
    /// `Verdict` of the kernels.
    private let verdict: Tensor
    private let ratios: Tensor
    private let squareSums, judge, adamw, lambMoments, lambRatios, lamb: Function

    /// `Chunk` of the kernels.
    private struct Chunk: BitwiseCopyable {
        let offset: Int64
        let count, parameter: Int32
        let decay, rate: Float
    }

    /// - Parameters:
    ///   - moments: two blocks like the parameters'.
    ///   - ranges: what changes; gradients of the rest count nowhere.
    public init(_ machine: CudaMachine, _ rule: Rule, moments: [Tensor], _ ranges: [UpdatedRange]) {
        (self.machine, self.rule, self.moments) = (machine, rule, moments)
        var (chunks, firsts) = ([Chunk](), [Int32]())
        for (index, range) in ranges.enumerated() {
            let first = chunks.count
            for start in stride(from: range.range.lowerBound, to: range.range.upperBound, by: 4096) {
                chunks.append(
                    Chunk(
                        offset: Int64(start), count: Int32(min(4096, range.range.upperBound - start)),
                        parameter: Int32(index), decay: range.decay, rate: range.rate))
            }
            firsts += [Int32(first), Int32(chunks.count - first)]
        }
        count = chunks.count
        self.chunks = machine.keep(chunks)
        parameters = (machine.keep(firsts), machine.keep(ranges.map { UInt8($0.decays ? 1 : 0) }), ranges.count)
        partials = machine.blocks.tensor(1, max(1, 4 * count))
        result = machine.blocks.tensor(1, 4)
        verdict = machine.blocks.tensor(1, 2)
        ratios = machine.blocks.tensor(1, max(1, ranges.count))
        let program = machine.program(.optimizer)
        squareSums = program.function("square_sums")
        judge = program.function("judge")
        adamw = program.function("adamw")
        lambMoments = program.function("lamb_moments")
        lambRatios = program.function("lamb_ratios")
        lamb = program.function("lamb")
    }

    /// Changes the parameters by `gradients`, clipped to a length of `step.clip` where that is not 0, and clears these, all unless
    /// they are not finite. Returns their length, √Σ g², which is waited for while the GPU goes on.
    public func callAsFunction(_ gradients: Tensor, _ step: ck_adamw_step) -> Double {
        let norm = norm(of: gradients, step)
        let (values, shadow, verdict, step) = (
            Argument.of(machine.parameters), Argument.of(machine.shadow), Argument.of(verdict), Argument.step(step)
        )
        switch rule {
        case .adamw:
            machine.launch(
                adamw, Grid(count), values, .of(gradients), .of(moments[0]), .of(moments[1]), shadow, .of(chunks),
                verdict, step)
        case .lamb:
            machine.launch(
                lambMoments, Grid(count), .of(partials), values, .of(gradients), .of(moments[0]), .of(moments[1]),
                .of(chunks), verdict, step)
            machine.launch(
                lambRatios, Grid(parameters.count), .of(ratios), .of(partials), .of(parameters.first),
                .of(parameters.decays), .of(parameters.count))
            machine.launch(
                lamb, Grid(count), values, .of(moments[0]), .of(moments[1]), shadow, .of(ratios), .of(chunks), verdict,
                step)
        }
        // The GPU is not to wait for the next step.
        machine.device.commands.commit()
        return norm()
    }

    /// √Σ g²
    public func norm(of gradients: Tensor) -> Double { norm(of: gradients, ck_adamw_step())() }

    private func norm(of gradients: Tensor, _ step: ck_adamw_step) -> () -> Double {
        machine.launch(squareSums, Grid(count), .of(partials), .of(gradients), .of(chunks))
        machine.launch(
            judge, Grid(1, threads: 1024), .of(result), .of(verdict), .of(partials), .of(count), .step(step))
        let square = machine.readings.read(at: result.address)
        return { square().0.squareRoot() }
    }
}
