import Attention
import Autograd
import Cuda
import Tensors
import Training

/// The GPU that attentions are timed on.
public struct TimedDevice {
    let device: CudaDevice
    let precision: Precision
    /// Of a pass, in sequences of the length that is timed, one at least.
    let tokens: Int

    /// - Throws: `CudaError` where there is no such GPU; nil for the CPU.
    public init?(_ choice: DeviceChoice, _ precision: Precision, tokens: Int) throws(CudaError) {
        guard let device = try choice.open() else { return nil }
        (self.device, self.precision, self.tokens) = (device, precision, tokens)
    }

    public var title: String { "\(device.title), \(precision.rawValue)" }
}

/// One attention on a GPU, as a pass of a 12-headed model has it.
final class DeviceTrial {
    private static let heads = 12
    private let sequences: Int
    private let attention: any SelfAttention
    private let machine: CudaMachine
    private let layout: BatchLayout
    private let gradients, projections, dOutput: Tensor
    private let bytesBefore: Int
    private let width: Int

    init(_ choice: AttentionChoice, _ input: HeadInput, _ timed: TimedDevice) {
        let parameters = ParameterLayout()
        attention = choice.attention(
            heads: Self.heads, headWidth: input.width, dropout: 0, parameters.scope("bench"))
        // A machine has parameters.
        _ = parameters.scope("bench").vector("none", 64)
        sequences = max(1, timed.tokens / input.length)
        layout = BatchLayout(lengths: Array(repeating: input.length, count: sequences))
        machine = CudaMachine(timed.device, parameters, timed.precision)
        machine.load(parameters.initialBlock(seed: 1, from: StoragePool()))
        gradients = machine.zeros()
        width = Self.heads * input.width
        machine.begin()
        projections = machine.activation(layout.tokens, 3 * width)
        dOutput = machine.activation(layout.tokens, width)
        machine.clear(projections)
        machine.clear(dOutput)
        let values = input.repeated(Self.heads)
        machine.write((0..<sequences).flatMap { _ in values }, to: projections)
        machine.write(Array(repeating: 1, count: layout.tokens * width), to: dOutput)
        bytesBefore = machine.allocatedBytes
    }

    /// Milliseconds a head of one sequence.
    func milliseconds(backward: Bool) -> Double {
        func seconds(_ passes: Int) -> Double {
            let start = ContinuousClock.now
            for _ in 0..<passes { pass(backward: backward) }
            machine.finish()
            return start.duration(to: .now).seconds / Double(passes)
        }
        // The first compiles, the second makes a graph of the launches.
        let first = (seconds(1), seconds(1)).1
        return 1e3 * (first < 0.1 ? seconds(10) : first) / Double(sequences * Self.heads)
    }

    /// The output of the first sequence.
    func output() -> [Float] {
        Array(forward().output.value.values.prefix(layout.rows(0).count * width))
    }

    /// Bytes a token and head beside projections, output and their gradients, of which two are there before.
    func extraBytesPerToken() -> Double {
        let given = (1 + 3) * layout.tokens * width * projections.element.bytes
        return Double(max(0, machine.allocatedBytes - bytesBefore - given))
            / Double(layout.tokens * Self.heads)
    }

    private func pass(backward: Bool) {
        let (tape, input, output) = forward()
        if backward { _ = tape.gradient(of: output, machine.copy(dOutput), by: input) }
    }

    private func forward() -> (tape: Tape, input: Variable, output: Variable) {
        machine.begin()
        let tape = Tape(
            parameters: machine.parameters,
            mode: .training(gradients: ParameterGradients(gradients), random: RandomStream(seed: 1)),
            pool: machine.pool, machine: machine)
        let input = tape.variable(projections)
        return (tape, input, attention(input, layout))
    }
}
