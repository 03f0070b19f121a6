import Foundation

/// The archives of the benchmark as its authors serve them.
public struct OfficialArchive: Sendable {
    public let task: String
    public let name: String
    public let digest: (prefix: String, suffix: String)

    public static let server = "https://dl.fbaipublicfiles.com/glue/data/"

    /// MRPC is not among them: its owner allows no copies, so it is made from the corpus that Microsoft serves.
    public static let all: [OfficialArchive] = [
        OfficialArchive(task: "cola", name: "CoLA.zip", digest: ("f212fcd8", "cbff")),
        OfficialArchive(task: "sst2", name: "SST-2.zip", digest: ("d67e16fb", "deaa")),
        OfficialArchive(task: "stsb", name: "STS-B.zip", digest: ("e60a6393", "c85")),
        OfficialArchive(task: "qqp", name: "QQP-clean.zip", digest: ("40e7c862", "fbae0")),
        OfficialArchive(task: "mnli", name: "MNLI.zip", digest: ("e7c1d896", "c83633")),
        OfficialArchive(task: "qnli", name: "QNLIv2.zip", digest: ("e634e786", "e5f5")),
        OfficialArchive(task: "rte", name: "RTE.zip", digest: ("6bf86de1", "06ee")),
        OfficialArchive(task: "wnli", name: "WNLI.zip", digest: ("ae0e8e4d", "1ac46")),
    ]

    /// Writes the archive's TSV files below `folder`; other files are left out.
    ///
    /// - Throws: `GlueError` where it is damaged, or a name would leave the folder.
    public static func unpack(_ archive: URL, into folder: URL) throws {
        for (name, data) in try ZipArchive.read(archive, limit: 1 << 30) where name.hasSuffix(".tsv") {
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw GlueError(archive.relativePath, "the name '\(name)' leaves the folder")
            }
            guard !name.hasPrefix("__MACOSX") else { continue }
            let url = folder.appendingPathComponent(name)
            do {
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try data.write(to: url, options: .atomic)
            } catch { throw GlueError(url.relativePath, "cannot be written; is the disk full?") }
        }
    }
}
