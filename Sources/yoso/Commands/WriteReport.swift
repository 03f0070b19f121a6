import ArgumentParser
import Console
import Experiments

/// `yoso report RUN…`: one self-contained HTML page about a run, or that compares several.
struct WriteReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "Write a page about a run: curves, and of a fine-tuning confusions and mistakes; of several, compare them.",
        example: "yoso report Checkpoints/mini Checkpoints/mini-yoso --over time")

    @Argument(help: "Folders of runs.", completion: .run) var runs: [String]
    @Option(
        help: "What curves are over: steps, tokens or time; the default is steps of one run, and tokens of several.")
    var over: CurveAxis?
    @Option(help: "The file; the default is report.html in the run's folder, and comparison.html for several runs.")
    var output: String?

    func run() throws {
        Terminal.line(try RunReport.write(of: runs, over: over, to: output))
        Terminal.next("open it in a browser; yoso runs lists the others")
    }
}

extension CurveAxis: ExpressibleByArgument {}
