import ArgumentParser
import Attention
import Benchmarks
import Console
import Foundation
import Tensors
import Training

/// `yoso bench`: how fast this machine is at what `yoso` does.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure what yoso does on this machine.",
        subcommands: [BenchAttention.self, BenchTrain.self, BenchProducts.self])
}

/// The middle of `values`, or the mean of the two there; 0 for none.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// `yoso bench attention`: time, memory and error of every attention over lengths, in one interleaved run.
struct BenchAttention: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attention",
        abstract: "Time, memory and error of every attention over lengths; a table, a JSON file and a chart.")

    @Option(parsing: .upToNextOption, help: "Lengths in tokens.")
    var lengths = [128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]
    @Option(
        parsing: .upToNextOption,
        help: "Attentions by name, or as recipes have them, as yoso(hashes=16); the default is all.")
    var only: [String] = []
    @Option(parsing: .upToNextOption, help: "Queries and keys: random, clustered, checkpoint.") var data = ["random"]
    @Option(help: "A pretrained folder for --data checkpoint, whose middle layer gives queries, keys and values.")
    var checkpoint: String?
    @Option(parsing: .upToNextOption, help: "Text files or folders for --data checkpoint; sample is generated.")
    var text = [SampleData.name]
    @Option(help: "Width of a head.") var width = 64
    @Option(help: "Hashes of yoso.") var hashes = YosoOptions().hashes
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
        let (names, timed) = (choices(length: 512).map(\.name), TimedAttentions(length: 512))
        for name in only where !names.contains(name) && timed[name] == nil {
            throw ValidationError("--only \(name): wanted some of \(names.joined(separator: ", "))")
        }
    }

    func run() throws {
        OpenBLAS.useOneThread()
        let workers = Workers(threads: threads)
        let script = try against.map { try PeerScript(at: $0, named: "torch_attention.py", python: python) }
        var report = AttentionReport(
            machine: "\(Doctor.cpuName), OpenBLAS \(OpenBLAS.coreName) core", width: width, threads: workers.threads,
            records: [])
        Terminal.line(report.machine)
        if let pin = OpenBLASPin.current { Terminal.line("note: \(pin)") }
        for data in data {
            for length in lengths.sorted() {
                report.records += try records(data, length, workers, report.records, script)
                report.table(data: data, length: length).forEach(Terminal.line)
            }
            for name in report.records.map(\.name) where name.hasPrefix("yoso-") {
                let crossover = report.crossover(name, "softmax", data: data, \.forwardBackward)
                let length = crossover.map { "from \($0) tokens on" } ?? "at none of these lengths"
                Terminal.line("\(name) with backward is faster than our softmax \(length) (\(data))")
                break
            }
        }
        try write(report)
    }

    /// By the names of the bench; those of sampled attentions say how many hashes.
    private func choices(length: Int) -> [(name: String, choice: AttentionChoice)] {
        let timed = TimedAttentions(length: length, hashes: hashes)
        let all = timed.all.map { name, choice in (choice.kind is YosoOptions ? "\(name)-\(hashes)" : name, choice) }
        let own = only.filter { name in !all.contains { $0.0 == name } }
        return all + own.compactMap { name in timed[name].map { (name, $0) } }
    }

    private func records(
        _ data: String, _ length: Int, _ workers: Workers, _ earlier: [AttentionRecord], _ script: PeerScript?
    ) throws -> [AttentionRecord] {
        let input = try input(data, length)
        let trials = choices(length: length).filter { only.isEmpty || only.contains($0.name) }
            .filter { affords($0.name, data, length, earlier) }
            .map { AttentionTrial($0.name, $0.choice, input, workers) }
        var times = [String: (forward: [Double], both: [Double])]()
        for round in 0...rounds {
            for trial in trials {
                let (forward, both) = (trial.milliseconds(backward: false), trial.milliseconds(backward: true))
                // The first round warms up.
                if round > 0 {
                    times[trial.name, default: ([], [])].forward.append(forward)
                    times[trial.name, default: ([], [])].both.append(both)
                }
            }
            guard round > 0, let script else { continue }
            // What took too long at the last length is not even started.
            let slow = Set(earlier.filter { $0.data == data }.map(\.name))
                .filter { !affords($0, data, length, earlier) }
            for (name, time) in try peerTimes(script, length, workers.threads, without: slow) {
                times[name, default: ([], [])].forward.append(time["forward"] ?? 0)
                times[name, default: ([], [])].both.append(time["both"] ?? 0)
            }
        }
        let outputs = Dictionary(uniqueKeysWithValues: trials.map { ($0.name, $0.output()) })
        // Four heads once more: not where that would take long.
        let quick = trials.filter { 8e-3 * median(times[$0.name]?.both ?? []) < limit }
        let memory = Dictionary(uniqueKeysWithValues: quick.map { ($0.name, $0.extraBytesPerToken()) })
        let peers = times.keys.filter { outputs[$0] == nil }.sorted()
        return (trials.map(\.name) + peers).map { name in
            AttentionRecord(
                name: name, data: data, length: length, forward: median(times[name]?.forward ?? []),
                forwardBackward: median(times[name]?.both ?? []), extraBytesPerToken: memory[name],
                errorToSoftmax: name == "softmax" ? nil : distance(outputs[name], outputs["softmax"]),
                errorToExpectation: Self.expectation(of: name).flatMap { distance(outputs[name], outputs[$0]) })
        }
    }

    /// What a sampled attention samples.
    private static func expectation(of name: String) -> String? {
        if name.hasPrefix("yoso-") { return "yosoExpectation" }
        return name.hasPrefix("conditional-") || name.hasPrefix("budget-") ? "massExpectation" : nil
    }

    private func input(_ data: String, _ length: Int) throws -> HeadInput {
        switch data {
        case "checkpoint": try .of(checkpoint ?? "", text, length: length, width: width)
        case "clustered": .clustered(length: length, width: width)
        default: .random(length: length, width: width)
        }
    }

    /// Whether a pass would stay below the limit, were it quadratic in length.
    private func affords(_ name: String, _ data: String, _ length: Int, _ earlier: [AttentionRecord]) -> Bool {
        guard let last = earlier.last(where: { $0.name == name && $0.data == data }) else {
            return earlier.isEmpty || !earlier.contains { $0.data == data }
        }
        let growth = Double(length) / Double(last.length)
        return last.length < length && last.forwardBackward * growth * growth < 1e3 * limit || length == last.length
    }

    private func peerTimes(
        _ script: PeerScript, _ length: Int, _ threads: Int, without names: Set<String>
    ) throws -> [String: [String: Double]] {
        try script.run(
            [
                "--length", "\(length)", "--width", "\(width)",
                "--heads", "\(threads * AttentionTrial.heads(length: length))", "--threads", "\(threads)",
                "--repeats", "1", "--without",
            ] + names.sorted())
    }

    private func write(_ report: AttentionReport) throws {
        let folder = URL(fileURLWithPath: output, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Report.write(report, to: "\(output)/attention.json")
        try Report.write(text: AttentionChart(report: report).html, to: "\(output)/attention.html")
        Terminal.line("")
        Terminal.line("\(output)/attention.json, \(output)/attention.html")
    }
}

/// |a - b| / |b|
private func distance(_ a: [Float]?, _ b: [Float]?) -> Double? {
    guard let a, let b else { return nil }
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(a, b) {
        difference += Double((a - b) * (a - b))
        size += Double(b * b)
    }
    return (difference / size).squareRoot()
}
