import ArgumentParser
import Benchmarks
import Console

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the CPU, the BLAS, the precision available, and library versions.",
        example: "yoso doctor --tune")

    @Flag(help: "Measure what YOSO's routes cost here, for later runs; it takes seconds.") var tune = false

    func run() throws {
        if tune { try TunedRoutes.tune(Terminal.line) }
        MachineFacts.lines.forEach(Terminal.line)
        Terminal.next("yoso demo")
    }
}
