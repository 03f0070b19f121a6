import ArgumentParser
import Checkpoints
import Console
import Experiments
import Foundation
import Reports

struct WriteReport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write report.html into a run's folder: curves; of a fine-tuning confusions and mistakes too.",
        example: "yoso report Checkpoints/sst2")

    @Argument(help: "The folder of a pretraining or fine-tuning run.", completion: .run) var folder: String

    func run() throws {
        let url = URL(fileURLWithPath: folder, isDirectory: true)
        let page = url.appendingPathComponent(RunFolder.pageName)
        try ReportFile.write(text: RunReport(of: url, title: folder).page.text, to: page.path)
        Terminal.line(page.relativePath)
        Terminal.next("open it in a browser; yoso runs lists the others")
    }
}
