import ArgumentParser

/// Timings beside PyTorch; the product's commands are in `yoso`.
@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Times yoso beside other programs that do the same work.",
        subcommands: [PretrainingBenchmark.self])
}
