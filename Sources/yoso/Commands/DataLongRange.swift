import ArgumentParser
import Console
import Foundation
import LongRange

/// `yoso data lra --output DIR`: the files of the tasks of the Long Range Arena that have a generator here.
struct DataLongRange: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lra", abstract: "Generate ListOps and Pathfinder files for the Long Range Arena.")

    @Option(help: "Folder of the files.") var output: String
    @Option(help: "Seed of all files.") var seed: UInt64 = 1
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test; 0 0 0 writes no such files.")
    var listopsRows = [96_000, 2_000, 2_000]
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test; 0 0 0 writes no such files.")
    var pathfinderRows = [160_000, 20_000, 20_000]

    func validate() throws {
        for (name, rows) in [("listops", listopsRows), ("pathfinder", pathfinderRows)] {
            let isNone = rows == [0, 0, 0]
            guard rows.count == 3, isNone || rows.allSatisfy({ (1...10_000_000).contains($0) }) else {
                let found = rows.map(String.init).joined(separator: " ")
                throw ValidationError("--\(name)-rows \(found): wanted rows of train, dev and test, or 0 0 0")
            }
        }
    }

    func run() throws {
        let wanted = [listopsRows, pathfinderRows].map { $0 == [0, 0, 0] ? [] : $0 }
        try GeneratedFiles.write(
            listops: wanted[0], pathfinder: wanted[1], seed: seed,
            to: URL(fileURLWithPath: output, isDirectory: true)
        ) { Terminal.line("\($0.relativePath): \(Show.grouped($1)) rows") }
    }
}
