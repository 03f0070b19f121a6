import Foundation

/// A task as its owners serve it, and how that becomes the layout of the benchmark.
public struct OfficialSource: Sendable {
    public let task: String
    public let files: [File]
    private let layout: Layout

    /// A file on the server.
    public struct File: Sendable {
        /// Below `server`.
        public let path: String
        public let digest: (prefix: String, suffix: String)

        public var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    private enum Layout {
        /// A zip archive of the task's folder.
        case archive
        /// One table, at this path.
        case table(String)
        /// Microsoft's paraphrase corpus, whose owner allows no copies in another form: `Paraphrases`.
        case paraphrases
    }

    public static let server = "https://dl.fbaipublicfiles.com/"

    public static let all: [OfficialSource] = [
        archive("cola", "CoLA.zip", ("f212fcd8", "cbff")),
        archive("sst2", "SST-2.zip", ("d67e16fb", "deaa")),
        OfficialSource(
            task: "mrpc",
            files: [
                File(path: "senteval/senteval_data/msr_paraphrase_train.txt", digest: ("60a9b090", "57f89")),
                File(path: "senteval/senteval_data/msr_paraphrase_test.txt", digest: ("a04e2710", "f784")),
                File(path: "glue/data/mrpc_dev_ids.tsv", digest: ("971d7767", "1dc7")),
            ], layout: .paraphrases),
        archive("stsb", "STS-B.zip", ("e60a6393", "c85")),
        archive("qqp", "QQP-clean.zip", ("40e7c862", "fbae0")),
        archive("mnli", "MNLI.zip", ("e7c1d896", "c83633")),
        archive("qnli", "QNLIv2.zip", ("e634e786", "e5f5")),
        archive("rte", "RTE.zip", ("6bf86de1", "06ee")),
        archive("wnli", "WNLI.zip", ("ae0e8e4d", "1ac46")),
        OfficialSource(
            task: "ax", files: [File(path: "glue/data/AX.tsv", digest: ("0e13510b", "05fd"))],
            layout: .table("diagnostic/diagnostic.tsv")),
    ]

    private static func archive(_ task: String, _ name: String, _ digest: (String, String)) -> OfficialSource {
        OfficialSource(task: task, files: [File(path: "glue/data/\(name)", digest: digest)], layout: .archive)
    }

    /// Writes the task's tables below `folder`, from its downloaded files in `downloads`.
    ///
    /// - Throws: `GlueError` where a file is damaged, or a name in an archive would leave the folder.
    public func unpack(_ downloads: URL, into folder: URL) throws {
        let urls = files.map { downloads.appendingPathComponent($0.name) }
        switch layout {
        case .archive: try urls.forEach { try Self.unpack($0, into: folder) }
        case .table(let path): try Self.write(Self.read(urls[0]), to: folder.appendingPathComponent(path))
        case .paraphrases:
            let corpus = try Paraphrases(train: urls[0], test: urls[1], devPairs: urls[2])
            for (name, table) in corpus.tables {
                try Self.write(Data(table.utf8), to: folder.appendingPathComponent("MRPC/\(name).tsv"))
            }
        }
    }

    /// Writes an archive's TSV files below `folder`; other files are left out.
    static func unpack(_ archive: URL, into folder: URL) throws {
        for (name, data) in try ZipArchive.read(archive, limit: 1 << 30) where name.hasSuffix(".tsv") {
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw GlueError(archive.relativePath, "the name '\(name)' leaves the folder")
            }
            guard !name.hasPrefix("__MACOSX") else { continue }
            try write(data, to: folder.appendingPathComponent(name))
        }
    }

    static func read(_ url: URL) throws -> Data {
        do { return try Data(contentsOf: url) } catch { throw GlueError(url.relativePath, "cannot be read") }
    }

    private static func write(_ data: Data, to url: URL) throws {
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url, options: .atomic)
        } catch { throw GlueError(url.relativePath, "cannot be written; is the disk full?") }
    }
}
