import ArgumentParser
import Console
import Foundation
import Glue
import Tasks

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
            let names = OfficialSource.all.map(\.task).joined(separator: ", ")
            throw ValidationError("--tasks \(name): the server has \(names)")
        }
    }

    func run() throws {
        let (folder, status) = (URL(fileURLWithPath: output, isDirectory: true), StatusLine())
        let downloads = folder.appendingPathComponent("archives", isDirectory: true)
        for source in OfficialSource.all where tasks.isEmpty || tasks.map(TaskSource.plain).contains(source.task) {
            for file in source.files {
                guard let url = URL(string: server)?.appendingPathComponent(file.path) else { continue }
                let download = Download(url, to: downloads.appendingPathComponent(file.name), digest: file.digest)
                try download.run { bytes, total in
                    let all = total.map { " of \(Show.bytes($0))" } ?? ""
                    status.show("\(file.name): \(Show.bytes(bytes))\(all)")
                }
            }
            try source.unpack(downloads, into: folder)
            status.line("\(source.task): checked and unpacked")
        }
        Terminal.next("yoso data check \(output)")
    }
}
