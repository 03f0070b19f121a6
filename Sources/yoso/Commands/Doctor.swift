import ArgumentParser
import Benchmarks
import Console

/// `yoso doctor`: what this machine has.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the CPU, the BLAS, the precision available, and library versions.")

    @Flag(help: "Measure what YOSO's routes cost here, in seconds, for all runs to come.") var tune = false

    func run() throws {
        if tune { try TunedRoutes.tune(Terminal.line) }
        MachineFacts.lines.forEach(Terminal.line)
        Terminal.next("yoso demo")
    }
}
