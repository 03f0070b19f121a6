import ArgumentParser
import Attention
import Benchmarks
import Console
import Foundation
import Reports
import Tensors
import Training

/// `yoso bench train`: tokens a second of pretraining steps and where their time goes, beside PyTorch in one run.
struct BenchTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Speed of pretraining steps, their share of the peak and their phases; a table and a JSON file.")

    @Option(help: "Encoder blocks.") var layers = 4
    @Option(help: "Hidden width; heads are 64 wide.") var hidden = 256
    @Option(help: "Sequences a step.") var batch = 32
    @Option(help: "Tokens a sequence.") var length = 128
    @Option(help: "Size of the vocabulary.") var vocab = 30522
    @Option(
        help: "An attention as bench attention calls it, or as recipes do, as yoso(hashes=16); a peer's is softmax.")
    var attention = "softmax"
    @Option(help: "Probability of dropping a softmax weight.") var attentionDropout: Float = 0.1
    @Option(parsing: .upToNextOption, help: "fp32, bf16, or both; the default is all that this CPU has.")
    var precision = Precision.allCases.filter(\.isAvailable)
    @Option(help: "About the tokens of one pass of a worker; 0 for a whole slice.")
    var microBatchTokens = PretrainingOptions().microBatchTokens
    @Flag(help: "Compute activations of blocks once more for backward.") var recompute = false
    @Option(help: "Timed steps a round.") var steps = 6
    @Option(help: "Rounds, each of ours and then the peer's; medians count.") var rounds = 3
    @Option(help: "Threads of both, 0 for one a core.") var threads = 0
    @Option(help: "A folder with torch_pretrain.py, as Tests/Peers is, or a script like it: timed between the rounds.")
    var against: String?
    @Flag(help: "Ask the peer for torch.compile.") var peerCompile = false
    @Option(help: "Python with torch and transformers.") var python = "python3"
    @Option(help: "Path of the JSON file.") var output: String?

    func validate() throws {
        guard TimedAttentions(length: length)[attention]?.problems(headWidth: 64).isEmpty == true else {
            throw ValidationError(
                "--attention \(attention): wanted one of \(TimedAttentions.names.joined(separator: ", "))")
        }
        guard hidden % 64 == 0,
            [layers, hidden, batch, length, steps, rounds].allSatisfy({ (1...65536).contains($0) }),
            (6...10_000_000).contains(vocab), threads >= 0, microBatchTokens >= 0,
            (0...0.99).contains(attentionDropout),
            peerCompile == false || against != nil
        else {
            throw ValidationError(
                "wanted numbers from 1 to 65536, --hidden a multiple of 64, --vocab 6 to 10000000, --attention-dropout below 1, "
                    + "--peer-compile with --against")
        }
        try precision.forEach { try $0.check() }
    }

    /// What the JSON file says.
    private struct Run: Encodable {
        var machine: String
        var layers, hidden, vocabulary, batch, length: Int
        var attention: String
        var threads: Int
        /// Largest resident size of all results.
        var peakBytes: Int
        var results: [TrainingBench.Result]
    }

    func run() throws {
        if let output { try ReportFile.check(output) }
        let workers = Workers(threads: threads)
        Bench.title(
            ", \(layers)x\(hidden) \(attention), \(batch) x \(length) tokens, \(workers.threads) threads")
        let results = try precision.map { try measure($0, workers) }
        let peakBytes = PretrainingEstimate.peakMemory()
        Terminal.line("peak memory of all: \(Show.bytes(peakBytes))")
        if let output {
            let run = Run(
                machine: MachineFacts.cpuName, layers: layers, hidden: hidden, vocabulary: vocab, batch: batch,
                length: length, attention: attention, threads: workers.threads, peakBytes: peakBytes, results: results)
            try ReportFile.write(run, to: output)
        }
    }

    private func measure(_ precision: Precision, _ workers: Workers) throws -> TrainingBench.Result {
        let shape = TrainingShape(
            layers: layers, hidden: hidden, vocabulary: vocab, batch: batch, length: length,
            attention: TimedAttentions(length: length)[attention] ?? .softmax, attentionDropout: attentionDropout,
            precision: precision, microBatchTokens: microBatchTokens > 0 ? microBatchTokens : batch * length,
            recompute: recompute, threads: workers.threads)
        let peer = try against.map {
            PeerTraining(
                script: try PeerScript(at: $0, named: "torch_pretrain.py", python: python), compiles: peerCompile)
        }
        let bench = try TrainingBench(
            shape, workers, rounds: rounds, steps: steps, peer: peer, line: Terminal.line)
        table(bench).forEach(Terminal.line)
        return bench.result
    }

    private func table(_ bench: TrainingBench) -> [String] {
        let (result, peak) = (bench.result, bench.peak)
        var head = String(
            format: "%@: %.0f tokens/s, %.0f GFLOP/s in products, %@ of the measured %.0f%@", result.precision.rawValue,
            result.tokensPerSecond, bench.speed * 1e-9, Show.percent(result.shareOfPeak), peak.operations * 1e-9,
            peak.isBusy ? " of a busy machine" : "")
        if let peer = result.peerTokensPerSecond {
            head += String(format: "; PyTorch %.0f tokens/s, ratio %.2f", peer, result.tokensPerSecond / peer)
            if let peak = result.peerPeakMegabytes { head += ", \(Show.bytes(peak << 20))" }
        }
        return [head] + PhaseTable(rows: result.phases).lines
    }
}
