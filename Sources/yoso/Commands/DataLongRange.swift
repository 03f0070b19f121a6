import ArgumentParser
import Console
import Experiments

struct DataLongRange: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lra", abstract: "Generate ListOps and Pathfinder files for the Long Range Arena.",
        example: "yoso data lra --output lra/")

    @Option(help: "Folder of the files.", completion: .directory) var output: String
    @Option(help: "Seed of all files.") var seed: UInt64 = 1
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test; 0 0 0 writes no such files.")
    var listopsRows = [96_000, 2_000, 2_000]
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test; 0 0 0 writes no such files.")
    var pathfinderRows = [160_000, 20_000, 20_000]

    private var files: LongRangeFiles { LongRangeFiles(listops: listopsRows, pathfinder: pathfinderRows, seed: seed) }

    func validate() throws { try usage { try files.check() } }

    func run() throws { try files.write(to: output, RunDisplay()) }
}
