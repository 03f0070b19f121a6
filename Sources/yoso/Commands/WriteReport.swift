import ArgumentParser
import Checkpoints
import Console
import Experiments
import Foundation
import Reports

/// `yoso report RUN…`: one self-contained HTML page about a run, or that compares several.
struct WriteReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page about a run into its folder, or one that compares several.",
        discussion: "Curves, and of a fine-tuning confusions, calibration and mistakes too. "
            + "For example: yoso report Checkpoints/mini Checkpoints/mini-yoso --output both.html")

    @Argument(help: "Folders of pretraining or fine-tuning runs.") var runs: [String]
    @Option(
        help: "What curves are over: steps, tokens or time; the default is steps of one run, and tokens of several.")
    var over: CurveAxis?
    @Option(help: "The file; the default is report.html in the run's folder, and comparison.html for several runs.")
    var output: String?

    func run() throws {
        let folders = runs.map { URL(fileURLWithPath: $0, isDirectory: true) }
        let page = folders[0].appendingPathComponent(RunFolder.pageName).relativePath
        let file = output ?? (runs.count == 1 ? page : "comparison.html")
        try ReportFile.check(file)
        try ReportFile.write(text: RunReport(of: folders, over: over).page.text, to: file)
        Terminal.line(file)
        Terminal.next("open it in a browser; yoso runs lists the others")
    }
}

extension CurveAxis: ExpressibleByArgument {}
