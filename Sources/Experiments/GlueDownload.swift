import Console
import Foundation
import Glue
import Training

/// The official files of GLUE from their server, checked and unpacked.
public struct GlueDownload {
    private let sources: [OfficialSource]
    private let server: URL

    public init(_ sources: [OfficialSource], from server: URL) { (self.sources, self.server) = (sources, server) }

    /// - Throws: what downloading, checking and unpacking throw.
    public func run(into folder: URL, _ observer: some RunObserver) throws {
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
