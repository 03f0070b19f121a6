import ArgumentParser
import Console
import Experiments
import Foundation
import Glue

struct DataGlue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glue", abstract: "Download the official files of GLUE, check them, and unpack them.",
        example: "yoso data glue --output glue/ --tasks sst2 rte")

    @Option(help: "Folder of all tasks.", completion: .directory) var output: String
    @Option(parsing: .upToNextOption, help: "Tasks, and ax, the diagnostic set; or all.", completion: .officialTask)
    var tasks: [String] = []
    @Option(help: "Where the files are, in the folders of the official server.") var server = OfficialSource.server

    func validate() throws { try usage { _ = try download } }

    private var download: GlueDownload { get throws { try GlueDownload(tasks, from: server) } }

    func run() throws {
        try download.run(into: URL(fileURLWithPath: output, isDirectory: true), RunDisplay())
        Terminal.next("yoso data check \(output)")
    }
}
