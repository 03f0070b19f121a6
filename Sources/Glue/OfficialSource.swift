import Checkpoints
import Foundation
import Tasks

/// A task as its owners serve it, and how that becomes the layout of the benchmark.
public struct OfficialSource: Sendable {
    public let task: String
    public let files: [File]
    private let layout: Layout

    /// A file on the server.
    public struct File: Sendable {
        /// Below `server`.
        public let path: String
        /// SHA-256 in hexadecimal digits.
        public let digest: String

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
        archive("cola", "CoLA.zip", "f212fcd832b8f7b435fb991f101abf89f96b933ab400603bf198960dfc32cbff"),
        archive("sst2", "SST-2.zip", "d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa"),
        OfficialSource(
            task: "mrpc",
            files: [
                File(
                    path: "senteval/senteval_data/msr_paraphrase_train.txt",
                    digest: "60a9b09084528f0673eedee2b69cb941920f0b8cd0eeccefc464a98768457f89"),
                File(
                    path: "senteval/senteval_data/msr_paraphrase_test.txt",
                    digest: "a04e271090879aaba6423d65b94950c089298587d9c084bf9cd7439bd785f784"),
                File(
                    path: "glue/data/mrpc_dev_ids.tsv",
                    digest: "971d7767d81b997fd9060ade0ec23c4fc31cbb226a55d1bd4a1bac474eb81dc7"),
            ], layout: .paraphrases),
        archive("stsb", "STS-B.zip", "e60a6393de5a8b5b9bac5020a1554b54e3691f9d600b775bd131e613ac179c85"),
        archive("qqp", "QQP-clean.zip", "40e7c862c04eb26ee04b67fd900e76c45c6ba8e6d8fab4f8f1f8072a1a3fbae0"),
        archive("mnli", "MNLI.zip", "e7c1d896d26ed6caf700110645df426cc2d8ebf02a5ab743d5a5c68ac1c83633"),
        archive("qnli", "QNLIv2.zip", "e634e78627a29adaecd4f955359b22bf5e70f2cbd93b493f2d624138a0c0e5f5"),
        archive("rte", "RTE.zip", "6bf86de103ecd335f3441bd43574d23fef87ecc695977a63b82d5efb206556ee"),
        archive("wnli", "WNLI.zip", "ae0e8e4d16f4d46d4a0a566ec7ecceccfd3fbfaa4a7a4b4e02848c0f2561ac46"),
        OfficialSource(
            task: "ax",
            files: [
                File(
                    path: "glue/data/AX.tsv", digest: "0e13510b1bb14436ff7e2ee82338f0efb0133ecf2e73507a697dc210db3f05fd"
                )
            ],
            layout: .table("diagnostic/diagnostic.tsv")),
    ]

    private static func archive(_ task: String, _ name: String, _ digest: String) -> OfficialSource {
        OfficialSource(task: task, files: [File(path: "glue/data/\(name)", digest: digest)], layout: .archive)
    }

    /// Writes the task's tables below `folder`, from its downloaded files in `downloads`.
    ///
    /// - Throws: `TaskError` where a file is damaged, or a name in an archive would leave the folder.
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
        // MNLI's tables take 430 MB.
        for (name, data) in try ZipArchive.read(archive, limit: 1 << 30) where name.hasSuffix(".tsv") {
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw TaskError(archive.relativePath, "the name '\(name)' leaves the folder")
            }
            guard !name.hasPrefix("__MACOSX") else { continue }
            try write(data, to: folder.appendingPathComponent(name))
        }
    }

    static func read(_ url: URL) throws -> Data {
        do { return try Data(contentsOf: url) } catch { throw TaskError(url.relativePath, "cannot be read") }
    }

    /// Writes a file and the folders above it; what a killed writer leaves, the next one takes away.
    static func write(_ data: Data, to url: URL) throws {
        try AtomicFolder.createDirectory(url.deletingLastPathComponent())
        try OutputFile.replace(url, with: data)
    }
}
