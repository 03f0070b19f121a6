import ArgumentParser
import Benchmarks
import Console
import Experiments
import Tensors
import Training

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what yoso does on this machine.", example: "yoso bench train",
        subcommands: [BenchAttention.self, BenchTrain.self, BenchProducts.self, BenchLongRange.self])

    static func title(_ rest: String = "", on device: DeviceChoice = .cpu) throws {
        let computing = try Computing(device, .fp32, unless: nil)
        Terminal.line("\(MachineFacts.cpuName), \(computing.title)\(rest)")
        computing.notes.forEach { Terminal.line("note: \($0)") }
    }
}

struct BenchAttention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract: "Time, memory and error of every attention over lengths; a table, a JSON file and a chart.",
        example: "yoso bench attention --lengths 512 4096 --only softmax yoso")

    @Option(parsing: .upToNextOption, help: "Lengths in tokens.")
    var lengths = [128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
    @Option(parsing: .upToNextOption, help: "Attentions by name, or as yoso(hashes=16 bits=8); the default is all.")
    var only: [String] = []
    @Option(parsing: .upToNextOption, help: "Queries and keys: random, clustered, checkpoint.") var data = ["random"]
    @Option(help: "A pretrained folder for --data checkpoint, whose middle layer is measured.", completion: .run)
    var checkpoint: String?
    @Option(parsing: .upToNextOption, help: "Text files or folders for --data checkpoint; else generated.")
    var text: [String] = []
    @Option(help: "Width of a head.") var width = 64
    @Option(help: "Hashes of yoso.") var hashes = AttentionBench().hashes
    @Option(help: "Rounds, each of every attention in turn; medians count.") var rounds = 5
    @Option(help: "Threads, each with heads of its own; 0 for one a core.") var threads = 0
    @Option(help: "cpu, cuda or auto.") var device = DeviceChoice.cpu
    @Option(help: "On a GPU: bf16 (the default) or fp32; a CPU multiplies fp32.") var precision: Precision?
    @Option(help: "Tokens of a pass of 12 heads on a GPU; the default is 32,768.") var deviceTokens: Int?
    @Option(help: "Longest pass in seconds: an attention that would take more at the next length stops before it.")
    var limit = 10.0
    @Option(help: "A folder with torch_attention.py, as Tests/Peers is, or a script like it: timed between the rounds.")
    var against: String?
    @Option(help: "Python with torch and transformers.") var python = "python3"
    @Option(help: "Folder of attention.json and attention.html.") var output = "Checkpoints/bench"

    func validate() throws {
        try usage { try bench.check(lengths, data, checkpoint: checkpoint, text, threads: threads) }
        guard device == .cpu || against == nil else { throw ValidationError("--against times the CPU alone") }
        for (option, isThere) in [("--precision", precision != nil), ("--device-tokens", deviceTokens != nil)]
        where isThere && device == .cpu {
            throw ValidationError("\(option) is for a GPU; wanted --device cuda or auto")
        }
        guard (1...1 << 22).contains(deviceTokens ?? 1) else {
            throw ValidationError("wanted --device-tokens 1 to \(1 << 22)")
        }
        if device == .cuda, !only.isEmpty, let problem = bench.problemsOnDevice(length: lengths.min() ?? 1).first {
            throw ValidationError("\(problem); wanted --device cpu")
        }
    }

    private var bench: AttentionBench {
        AttentionBench(only: only, width: width, hashes: hashes, rounds: rounds, limit: limit)
    }

    func run() throws {
        try AttentionReport.check(output)
        let workers = Workers(threads: threads)
        var bench = bench
        bench.peer = try against.map { try PeerScript(at: $0, named: "torch_attention.py", python: python) }
        bench.device = try TimedDevice(device, precision ?? .bf16, tokens: deviceTokens ?? BatchCut.deviceTokens)
        try Bench.title(on: device)
        if bench.device != nil {
            bench.problemsOnDevice(length: lengths.max() ?? 1).forEach { Terminal.line("note: left out: \($0)") }
        }
        let report = try bench.report(lengths, data, workers, line: Terminal.line) {
            try .of(checkpoint ?? "", text.isEmpty ? [SampleData.name] : text, length: $0, width: width)
        }
        try report.write(to: output)
        Terminal.line("")
        Terminal.line("\(output)/attention.json, \(output)/attention.html")
    }
}
