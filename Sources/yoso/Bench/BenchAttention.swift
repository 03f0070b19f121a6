import ArgumentParser
import Benchmarks
import Checkpoints
import Console
import Foundation
import Reports
import Tensors
import Tokenization
import Training

/// `yoso bench`: how fast this machine is at what `yoso` does.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what yoso does on this machine.",
        subcommands: [BenchAttention.self, BenchTrain.self, BenchProducts.self])

    static func title(_ rest: String = "") {
        Terminal.line(MachineFacts.title + rest)
        if let pin = OpenBLASPin.current { Terminal.line("note: \(pin)") }
    }
}

/// `yoso bench attention`: time, memory and error of every attention over lengths, in one interleaved run.
struct BenchAttention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract: "Time, memory and error of every attention over lengths; a table, a JSON file and a chart.")

    @Option(parsing: .upToNextOption, help: "Lengths in tokens.")
    var lengths = [128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
    @Option(parsing: .upToNextOption, help: "Attentions by name, or as yoso(hashes=16 bits=8); the default is all.")
    var only: [String] = []
    @Option(parsing: .upToNextOption, help: "Queries and keys: random, clustered, checkpoint.") var data = ["random"]
    @Option(help: "A pretrained folder for --data checkpoint, whose middle layer gives queries, keys and values.")
    var checkpoint: String?
    @Option(parsing: .upToNextOption, help: "Text files or folders for --data checkpoint; sample is generated.")
    var text = [SampleData.name]
    @Option(help: "Width of a head.") var width = 64
    @Option(help: "Hashes of yoso.") var hashes = AttentionBench().hashes
    @Option(help: "Rounds, each of every attention in turn; medians count.") var rounds = 5
    @Option(help: "Threads, each with heads of its own; 0 for one a core.") var threads = 0
    @Option(help: "Longest pass in seconds: an attention that would take more at the next length stops before it.")
    var limit = 10.0
    @Option(help: "A folder with torch_attention.py, as Tests/Peers is, or a script like it: timed between the rounds.")
    var against: String?
    @Option(help: "Python with torch and transformers.") var python = "python3"
    @Option(help: "Folder of attention.json and attention.html.") var output = "Checkpoints/bench"

    func validate() throws {
        guard lengths.allSatisfy({ (1...1 << 22).contains($0) }), (1...128).contains(width), rounds > 0, threads >= 0,
            (1...1024).contains(hashes)
        else {
            throw ValidationError(
                "wanted --lengths 1 to \(1 << 22), --width 1 to 128, --hashes 1 to 1024, --rounds above 0, --threads not below 0"
            )
        }
        for name in data where !["random", "clustered", "checkpoint"].contains(name) {
            throw ValidationError("--data \(name): wanted random, clustered or checkpoint")
        }
        guard data.contains("checkpoint") == (checkpoint != nil) else {
            throw ValidationError("--data checkpoint and --checkpoint FOLDER go together")
        }
        let names = bench.choices(length: 512).map(\.name)
        for name in only where !names.contains(name) {
            throw ValidationError("--only \(name): wanted some of \(names.joined(separator: ", "))")
        }
    }

    private var bench: AttentionBench {
        AttentionBench(only: only, width: width, hashes: hashes, rounds: rounds, limit: limit)
    }

    func run() throws {
        OpenBLAS.useOneThread()
        let workers = Workers(threads: threads)
        var bench = bench
        bench.peer = try against.map { try PeerScript(at: $0, named: "torch_attention.py", python: python) }
        var report = AttentionReport(
            machine: MachineFacts.title, width: width, threads: workers.threads, records: [])
        Bench.title()
        for data in data {
            for length in lengths.sorted() {
                report.records += try bench.records(input(data, length), data, after: report.records, workers)
                report.table(data: data, length: length).forEach(Terminal.line)
            }
            if let name = report.records.map(\.name).first(where: { $0.hasPrefix("yoso-") }) {
                let crossover = report.crossover(name, "softmax", data: data, \.forwardBackward)
                let length = crossover.map { "from \($0) tokens on" } ?? "at none of these lengths"
                Terminal.line("\(name) with backward is faster than our softmax \(length) (\(data))")
            }
        }
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: output, isDirectory: true), withIntermediateDirectories: true)
        try ReportFile.write(report, to: "\(output)/attention.json")
        try ReportFile.write(text: AttentionChart(report: report).html, to: "\(output)/attention.html")
        Terminal.line("")
        Terminal.line("\(output)/attention.json, \(output)/attention.html")
    }

    private func input(_ data: String, _ length: Int) throws -> HeadInput {
        guard data == "checkpoint" else {
            return data == "random" ? .random(length: length, width: width) : .clustered(length: length, width: width)
        }
        let folder = ModelPath.url(checkpoint ?? "")
        let tokenizer = try TokenizerFolder.load(folder)
        return try .of(
            folder, Finetune.encoder(of: folder, tokenizer, length: 1), tokenizer, text: SampleData.text(text),
            length: length, width: width)
    }
}
