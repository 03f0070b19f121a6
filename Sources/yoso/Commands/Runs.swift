import ArgumentParser
import Console
import Foundation
import Training

struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List runs with their state, step, score and age.", example: "yoso runs Checkpoints")

    @Argument(help: "Folders that hold runs.", completion: .directory) var folders = ["Checkpoints"]

    func run() throws {
        // Before the first run there is no such folder.
        let folders = folders.filter { $0 != "Checkpoints" || FileManager.default.fileExists(atPath: $0) }
        let runs = try folders.flatMap {
            try RunSummary.all(below: URL(fileURLWithPath: $0, isDirectory: true)) { Terminal.note("\($0)") }
        }
        guard !runs.isEmpty else {
            Terminal.line("no runs in \(self.folders.joined(separator: ", "))")
            return Terminal.next("yoso pretrain tiny")
        }
        RunTable(runs: runs).lines.forEach(Terminal.line)
        Terminal.next("yoso report \(runs[0].folder.relativePath)")
    }
}
