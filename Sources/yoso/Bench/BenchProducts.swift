import ArgumentParser
import Benchmarks
import Console
import Reports
import Tensors
import Training

struct BenchProducts: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gemm",
        abstract: "Speed of dense layers' matrix products on all threads at once, as a table, and JSON by --output.",
        example: "yoso bench gemm --shapes 512x768x768")

    @Option(
        parsing: .upToNextOption,
        help: "Shapes of y = x Wᵀ: rows x outputs x inputs.")
    var shapes = ["512x768x768", "512x3072x768", "4096x768x768", "1024x768x256", "1024x1024x256", "1024x256x1024"]
    @Option(help: "Rounds, each of every precision in turn; medians count.") var rounds = 7
    @Option(help: "Threads, each with a product; 0 for one a core.") var threads = 0
    @Option(help: "A folder with torch_products.py, as Tests/Peers is, or a script like it: timed between the rounds.")
    var against: String?
    @Option(help: "Python with torch.") var python = "python3"
    @Option(help: "Path of the JSON file.", completion: .file()) var output: String?

    func validate() throws {
        try usage { try shapes.forEach { _ = try ProductBench.sizes($0) } }
        guard rounds > 0, threads >= 0 else {
            throw ValidationError("wanted --rounds of at least 1, --threads not below 0")
        }
    }

    func run() throws {
        if let output { try ReportFile.check(output) }
        let workers = Workers(threads: threads)
        try Bench.title(", \(workers.threads) threads, GFLOP/s")
        let peer = try against.map { try PeerScript(at: $0, named: "torch_products.py", python: python) }
        let bench = ProductBench(rounds: rounds, workers, peer: peer)
        let records = try bench.records(shapes, line: Terminal.line)
        if let output { try ReportFile.write(records, to: output) }
    }
}
