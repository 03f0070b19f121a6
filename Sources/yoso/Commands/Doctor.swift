import ArgumentParser
import Benchmarks
import Console

/// `yoso doctor`: what this machine has.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the CPU, the BLAS, the precision available, and library versions.")

    func run() throws {
        MachineFacts.lines.forEach(Terminal.line)
        Terminal.next("yoso demo")
    }
}
