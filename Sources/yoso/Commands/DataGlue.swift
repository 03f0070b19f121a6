import ArgumentParser
import Console
import Experiments
import Foundation
import Glue
import Tasks

import enum Options.Spelling

/// `yoso data glue --output DIR`: the official files from their server.
struct DataGlue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glue", abstract: "Download the official files of GLUE, check them, and unpack them.")

    @Option(help: "Folder of all tasks.") var output: String
    @Option(parsing: .upToNextOption, help: "Tasks by name, ax for the diagnostic set; the default is all of them.")
    var tasks: [String] = []
    @Option(help: "Where the files are, in the folders of the official server.") var server = OfficialSource.server

    func validate() throws {
        guard URL(string: server)?.host != nil else { throw ValidationError("--server \(server): wanted a URL") }
        for name in tasks where !OfficialSource.all.contains(where: { $0.task == TaskSource.plain(name) }) {
            let names = OfficialSource.all.map(\.task)
            let hint = Spelling.hint(for: name, among: names)
            throw ValidationError("--tasks \(name)\(hint): the server has \(names.joined(separator: ", "))")
        }
    }

    func run() throws {
        guard let server = URL(string: server) else { return }
        let sources = OfficialSource.all.filter { tasks.isEmpty || tasks.map(TaskSource.plain).contains($0.task) }
        try GlueDownload(sources, from: server).run(
            into: URL(fileURLWithPath: output, isDirectory: true), RunDisplay())
        Terminal.next("yoso data check \(output)")
    }
}
