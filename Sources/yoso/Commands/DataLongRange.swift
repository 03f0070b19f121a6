import ArgumentParser
import Console
import Experiments

struct DataLongRange: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lra", abstract: "Generate rows for four tasks of the Long Range Arena.",
        discussion: """
            ListOps by the published grammar; dashed curves in the manner of Pathfinder's; drawings of CIFAR-10's classes and \
            generated pairs of papers, which stand in for the release's pictures and papers.
            """, example: "yoso data lra --output lra/")

    @Option(help: "Folder of the files.", completion: .directory) var output: String
    @OptionGroup var files: LongRangeFiles

    func validate() throws { try usage { try files.check() } }

    func run() throws { try files.write(to: output, RunDisplay()) }
}
