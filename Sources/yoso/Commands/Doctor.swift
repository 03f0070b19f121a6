import ArgumentParser
import Benchmarks
import Console

/// `yoso doctor`: what this machine has.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the CPU, the BLAS, the precision available, and library versions.")

    func run() throws {
        for (name, value) in MachineFacts.rows {
            Terminal.line(name.padding(toLength: 15, withPad: " ", startingAt: 0) + value)
        }
        if let pin = OpenBLASPin.current { Terminal.line("note: \(pin)") }
        Terminal.next("yoso demo")
    }
}
