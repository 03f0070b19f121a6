import Attention
import Autograd
import Tensors
import Training

/// One attention at one length: some heads of one sequence a thread, each thread with memory of its own.
final class AttentionTrial {
    let name: String
    private let choice: AttentionChoice
    private let workers: Workers
    private let input: HeadInput
    private let lanes: [Lane]
    /// In the place of lanes.
    private let onDevice: DeviceTrial?

    /// Heads a thread: several of short sequences, as a training pass has them, or waking the threads would count more than
    /// the work.
    static func heads(length: Int) -> Int { max(1, 2048 / length) }

    init(
        _ name: String, _ choice: AttentionChoice, _ input: HeadInput, _ workers: Workers, device: TimedDevice? = nil
    ) {
        (self.name, self.choice, self.input, self.workers) = (name, choice, input, workers)
        onDevice = device.map { DeviceTrial(choice, input, $0) }
        lanes = (0..<(device == nil ? workers.threads : 0)).map { _ in
            Lane(choice, input, heads: Self.heads(length: input.length))
        }
    }

    /// Milliseconds a head of a training pass, forward alone or with backward: those of a round on every thread over the
    /// heads of all; the median of several passes after one that warms up, where they are short.
    func milliseconds(backward: Bool) -> Double {
        if let onDevice { return onDevice.milliseconds(backward: backward) }
        let first = pass(backward: backward)
        guard first < 100 else { return first }
        let passes = (0..<5).map { _ in pass(backward: backward) }.sorted()
        return passes[2]
    }

    private func pass(backward: Bool) -> Double {
        let start = ContinuousClock.now
        workers.each(lanes.count) { lanes[$0].pass(backward: backward) }
        return 1e3 * start.duration(to: .now).seconds / Double(lanes.count * Self.heads(length: input.length))
    }

    /// The output of a training pass.
    func output() -> [Float] { onDevice?.output() ?? lanes[0].output() }

    /// Bytes a token and head that a training pass of four heads holds beside projections, output and their gradients.
    func extraBytesPerToken() -> Double {
        if let onDevice { return onDevice.extraBytesPerToken() }
        let heads = 4
        let lane = Lane(choice, input, heads: heads)
        lane.pass(backward: true)
        let given = 4 * (2 * 3 + 2) * input.width * input.length * heads
        return Double(max(0, lane.pool.allocatedBytes - given)) / Double(input.length * heads)
    }
}

/// What one thread needs for its heads.
private final class Lane {
    let pool = StoragePool()
    private let attention: any SelfAttention
    private let layout: BatchLayout
    private let parameters: Tensor
    private let gradients: Tensor
    private let projections: Tensor
    private var passes: UInt64 = 0

    init(_ choice: AttentionChoice, _ input: HeadInput, heads: Int) {
        let parameters = ParameterLayout()
        attention = choice.attention(heads: heads, headWidth: input.width, dropout: 0, parameters.scope("bench"))
        layout = BatchLayout(lengths: [input.length])
        self.parameters = parameters.initialBlock(seed: 1, from: pool)
        gradients = pool.zeros(1, parameters.blockCount)
        projections = pool.tensor(input.length, 3 * heads * input.width, input.repeated(heads))
    }

    func pass(backward: Bool) {
        // Of the same codes each time, branches and caches would know what comes.
        passes += 1
        let (tape, input, output) = forward(passes)
        if backward { tape.backward(from: output.summed(), gradientsOf: [input]) }
    }

    func output() -> [Float] { forward(1).output.value.values }

    private func forward(_ seed: UInt64) -> (tape: Tape, input: Variable, output: Variable) {
        let random = RandomStream(seed: seed)
        let tape = Tape(
            parameters: parameters, mode: .training(gradients: ParameterGradients(gradients), random: random),
            pool: pool)
        let input = tape.variable(projections)
        return (tape, input, attention(input, layout))
    }
}

extension Variable {
    /// Σ x, as a scalar.
    fileprivate func summed() -> Variable {
        tape.record(tape.pool.tensor(1, 1, [1]), Ones(x: self))
    }
}

private struct Ones: TapedOperation {
    let x: Variable

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let ones = gradients.pool.tensor(x.rows, x.columns)
        ones.fill(1)
        gradients.add(ones, to: x)
    }
}
