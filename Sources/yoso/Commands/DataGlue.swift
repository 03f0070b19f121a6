import ArgumentParser
import Foundation
import Glue

/// `yoso data glue --output DIR`: the official files from their server.
struct DataGlue: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "glue", abstract: "Download the official files of GLUE, check them, and unpack them.")

    @Option(help: "Folder of all tasks.") var output: String
    @Option(parsing: .upToNextOption, help: "Tasks by name; the default is all that the server has.")
    var tasks: [String] = []
    @Option(help: "Where the archives are.") var server = OfficialArchive.server

    func validate() throws {
        guard URL(string: server)?.host != nil else { throw ValidationError("--server \(server): wanted a URL") }
        for name in tasks where !OfficialArchive.all.contains(where: { $0.task == name }) {
            let names = OfficialArchive.all.map(\.task).joined(separator: ", ")
            throw ValidationError("--tasks \(name): the server has \(names)")
        }
    }

    func run() throws {
        let (folder, status) = (URL(fileURLWithPath: output, isDirectory: true), StatusLine())
        for archive in OfficialArchive.all where tasks.isEmpty || tasks.contains(archive.task) {
            guard let base = URL(string: server) else { continue }
            let url = folder.appendingPathComponent("archives/\(archive.name)")
            let download = Download(base.appendingPathComponent(archive.name), to: url, digest: archive.digest)
            try download.run { bytes, total in
                let all = total.map { " of \(Show.bytes($0))" } ?? ""
                status.show("\(archive.name): \(Show.bytes(bytes))\(all)")
            }
            try OfficialArchive.unpack(url, into: folder)
            status.line("\(archive.name): checked and unpacked")
        }
        if tasks.isEmpty {
            status.line(
                "MRPC is not on that server: take msr_paraphrase_train.txt and _test.txt from Microsoft's corpus")
        }
    }
}
