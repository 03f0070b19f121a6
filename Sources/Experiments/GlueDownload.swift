import Checkpoints
import Console
import Foundation
import Glue
import Tasks
import Training

import enum Options.Spelling

/// The official files of GLUE from their server, checked and unpacked.
public struct GlueDownload {
    private let sources: [OfficialSource]
    private let server: URL

    /// - Parameter tasks: by name; none, or `all`, for all that the server has.
    /// - Throws: `UsageError` where the server has no such task, or its name is no URL.
    public init(_ tasks: [String], from server: String) throws {
        guard let url = URL(string: server), url.host != nil else {
            throw UsageError("--server \(server): wanted a URL")
        }
        let names = OfficialSource.all.map(\.task)
        let tasks = tasks == ["all"] ? [] : tasks
        for name in tasks where !names.contains(TaskSource.plain(name)) {
            let hint = Spelling.hint(for: name, among: names)
            throw UsageError("--tasks \(name)\(hint): the server has \(names.joined(separator: ", "))")
        }
        sources = OfficialSource.all.filter { tasks.isEmpty || tasks.map(TaskSource.plain).contains($0.task) }
        self.server = url
    }

    /// - Throws: what downloading, checking and unpacking throw, and `CheckpointError` where another process does it too.
    public func run(into folder: URL, _ observer: some RunObserver) throws {
        try FileLock.holding(folder) { try fetch(into: folder, observer) }
    }

    private func fetch(into folder: URL, _ observer: some RunObserver) throws {
        let downloads = folder.appendingPathComponent("archives", isDirectory: true)
        for source in sources {
            for file in source.files {
                let url = server.appendingPathComponent(file.path)
                let download = Download(url, to: downloads.appendingPathComponent(file.name), digest: file.digest)
                try download.run { bytes, total in
                    let all = total.map { " of \(Show.bytes($0))" } ?? ""
                    observer.status("\(file.name): \(Show.bytes(bytes))\(all)")
                }
            }
            try source.unpack(downloads, into: folder)
            observer.line("\(source.task): checked and unpacked")
        }
    }
}
