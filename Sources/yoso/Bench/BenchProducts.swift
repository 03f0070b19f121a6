import ArgumentParser
import Benchmarks
import Console
import Foundation
import Reports
import Tensors
import Training

/// `yoso bench gemm`: the products of dense layers, in every precision and form.
struct BenchProducts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Speed of the matrix products of dense layers, on all threads at once; a table and a JSON file.")

    @Option(
        parsing: .upToNextOption,
        help: "Shapes of y = x Wᵀ: rows x outputs x inputs.")
    var shapes = ["512x768x768", "512x3072x768", "4096x768x768", "1024x768x256", "1024x1024x256", "1024x256x1024"]
    @Option(help: "Rounds, each of every shape in turn; medians count.") var rounds = 7
    @Option(help: "Threads, each with a product; 0 for one a core.") var threads = 0
    @Option(help: "A folder with torch_products.py, as Tests/Peers is, or a script like it: timed between the rounds.")
    var against: String?
    @Option(help: "Python with torch.") var python = "python3"
    @Option(help: "Path of the JSON file.") var output: String?

    func validate() throws {
        _ = try shapes.map(Self.sizes)
        guard rounds > 0, threads >= 0 else {
            throw ValidationError("wanted --rounds of at least 1, --threads not below 0")
        }
    }

    private static func sizes(_ shape: String) throws -> [Int] {
        let sizes = shape.split(separator: "x").compactMap { Int($0) }
        let most = 1 << 28
        guard sizes.count == 3, sizes.allSatisfy({ (1...1 << 20).contains($0) }),
            [sizes[0] * sizes[1], sizes[1] * sizes[2], sizes[0] * sizes[2]].allSatisfy({ $0 <= most })
        else {
            throw ValidationError(
                "--shapes \(shape): wanted ROWSxOUTPUTSxINPUTS, for example 512x3072x768, matrices of at most \(most) numbers"
            )
        }
        return sizes
    }

    func run() throws {
        if let output { try ReportFile.check(output) }
        OpenBLAS.useOneThread()
        let workers = Workers(threads: threads)
        Bench.title(", \(workers.threads) threads, GFLOP/s")
        let peer = try against.map { try PeerScript(at: $0, named: "torch_products.py", python: python) }
        let bench = ProductBench(rounds: rounds, workers, peer: peer)
        for (name, peak) in bench.peaks.sorted(by: { $0.key < $1.key }) {
            Terminal.line(String(format: "%@ peak %.0f", name, peak * 1e-9))
        }
        var records: [ProductBench.Record] = []
        for shape in shapes {
            for form in TimedProduct.Form.allCases {
                let record = try bench.record(shape, Self.sizes(shape), form)
                records.append(record)
                let speeds = record.speeds.sorted { $0.key < $1.key }.map { name, speed in
                    String(format: "%@ %.0f", name, speed * 1e-9)
                        + (bench.peaks[name].map { String(format: " (%.0f%%)", 100 * speed / $0) } ?? "")
                }
                Terminal.line(
                    shape.padding(toLength: 16, withPad: " ", startingAt: 0)
                        + form.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0)
                        + speeds.joined(separator: "  "))
            }
        }
        if let output { try ReportFile.write(records, to: output) }
    }
}
