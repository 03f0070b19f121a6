import ArgumentParser
import Benchmarks
import Console
import Reports
import Tensors
import Training

struct BenchTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Speed of pretraining steps, share of the peak and phases, as a table, and JSON by --output.",
        example: "yoso bench train --hidden 512 --batch 8 --precision bf16")

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
    @Option(help: "Approximate number of tokens in one pass of a worker; 0 for a whole slice.")
    var microBatchTokens = PretrainingOptions().microBatchTokens
    @Flag(help: "Compute activations of blocks once more for backward.") var recompute = false
    @Option(help: "Timed steps a round.") var steps = 6
    @Option(help: "Rounds, each of ours and then the peer's; medians count.") var rounds = 3
    @Option(help: "Threads of both, 0 for one a core.") var threads = 0
    @Option(help: "Parts of a batch that run at the same time; the default is one a thread.") var slices: Int?
    @Option(help: "cpu, cuda or auto.") var device = DeviceChoice.cpu
    @Option(help: "A folder with torch_pretrain.py, as Tests/Peers is, or a script like it: timed between the rounds.")
    var against: String?
    @Flag(help: "Steps of a classifier, on rows as long as SST-2's, with heads of 32.") var classifier = false
    @Flag(help: "Ask the peer for torch.compile.") var peerCompile = false
    @Option(help: "Python with torch and transformers.") var python = "python3"
    @Option(help: "Path of the JSON file.", completion: .file()) var output: String?

    func validate() throws {
        try usage {
            try shape(.fp32, threads).check(attention: attention)
            try precision.forEach { try $0.check(on: device) }
        }
        guard [steps, rounds, slices ?? 1].allSatisfy({ (1...65536).contains($0) }), threads >= 0,
            !peerCompile || against != nil, !classifier || against == nil
        else {
            throw ValidationError(
                "wanted --steps, --rounds and --slices from 1 to 65536, --peer-compile only with --against, "
                    + "--classifier only without it")
        }
    }

    func run() throws {
        if let output { try ReportFile.check(output) }
        let workers = Workers(threads: threads)
        try Bench.title(
            ", \(layers)x\(hidden) \(attention), \(batch) x \(length) tokens, \(workers.threads) threads", on: device)
        let peer = try against.map {
            PeerTraining(try PeerScript(at: $0, named: "torch_pretrain.py", python: python), compiles: peerCompile)
        }
        let results = try precision.map { precision in
            let bench = try TrainingBench(
                shape(precision, workers.threads), workers, rounds: rounds, steps: steps, peer: peer,
                line: Terminal.line)
            bench.lines.forEach(Terminal.line)
            return bench.result
        }
        let report = TrainingReport(shape(.fp32, workers.threads), attention: attention, results)
        Terminal.line("peak memory of all: \(Show.bytes(report.peakBytes))")
        if let output { try ReportFile.write(report, to: output) }
    }

    private func shape(_ precision: Precision, _ threads: Int) -> TrainingShape {
        var shape = TrainingShape(
            layers: layers, hidden: hidden, vocabulary: vocab, batch: batch, length: length,
            attention: (try? TimedAttentions(length: length).named(attention)) ?? .softmax,
            attentionDropout: attentionDropout, precision: precision,
            microBatchTokens: microBatchTokens > 0 ? microBatchTokens : batch * length,
            recompute: recompute, slices: slices ?? max(1, threads), threads: threads, device: device)
        shape.classifies = classifier
        return shape
    }
}
