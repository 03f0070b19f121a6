import Options
import Tensors

/// How a run is spread over a machine, and from which seed: what all kinds of runs have, declared once.
protocol ExecutionOptions: Configurable {
    var shards: Int? { get set }
    var wire: Precision? { get set }
    var slices: Int { get set }
    var threads: Int { get set }
    var seed: UInt64 { get set }
    var precision: Precision { get set }
    var recompute: Bool { get set }
    var device: DeviceChoice? { get set }
    var deviceTokens: Int? { get set }
}

extension ExecutionOptions {
    /// - Parameter seeded: what the seed is of.
    @OptionBuilder<Self> static func executionOptions(seeded: String) -> [Option<Self>] {
        Option(
            "shards", \.shards, .integer(1...4096, nilAs: 1),
            "parts of a batch that ranks share out, at least one each; the result depends on it")
        Option(
            "wire", \.wire, .oneOf(nilAs: .fp32),
            "format that gradients of shards are sent in, and rounded to within a rank too; the result depends on it")
        Option("slices", \.slices, 1...1024, "parts of a shard that run at the same time; the result depends on it")
        Option("threads", \.threads, 0...1024, "threads of all slices, 0 for one a core; never changes a result")
        Option("precision", \.precision, "what dense layers multiply; bf16 wants a CPU with AVX512-BF16")
        Option(
            "recompute", \.recompute,
            "activations of blocks computed once more for backward: less memory, more time, the same result")
        Option("device", \.device, .oneOf(nilAs: .cpu), "what computes: cpu, cuda (the first GPU), or auto")
        Option(
            "deviceTokens", \.deviceTokens, .integer(1...10_000_000, nilAs: BatchCut.deviceTokens),
            "approximate number of tokens in one pass of a GPU, which takes no slices")
        Option("seed", \.seed, .seed, "seed of \(seeded)")
    }
}

extension PretrainingOptions: ExecutionOptions {}
extension FineTuningOptions: ExecutionOptions {}
extension LongRangeOptions: ExecutionOptions {}
