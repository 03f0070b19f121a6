import Checkpoints
import Communication
import Corpora
import Foundation
import SampleEnglish

/// What ships with the program: the word `sample` in the place of a path stands for generated text, or for the
/// generated task in the layout of SST-2.
public enum SampleData {
    public static let name = "sample"
    private static let folder = URL(fileURLWithPath: "Checkpoints/sample-data", isDirectory: true)
    private static let seed: UInt64 = 1
    private static let prefix = ".partial-"

    /// The text files of `paths`, of which `sample` is generated.
    ///
    /// - Throws: `CorpusError` where there is no such text.
    public static func text(_ paths: [String]) throws -> TextFiles {
        try TextFiles(
            try paths.map { path in
                guard path == name else { return path }
                return try once(folder.appendingPathComponent("text/sample.txt")) {
                    try SampleText(seed: seed).write(to: $0)
                }.path
            })
    }

    /// What the rows of the generated task are, in the place of those of the task called `title`.
    public static func rows(inFormOf title: String) -> String {
        "sentences that yoso generates in the form of \(title)"
    }

    /// The folder of the task's files; that of `sample` is generated.
    ///
    /// - Throws: what making the sample's files throws.
    public static func task(_ path: String) throws -> URL {
        guard path == name else { return URL(fileURLWithPath: path, isDirectory: true) }
        return try once(folder.appendingPathComponent("glue", isDirectory: true)) {
            try SampleSentimentTask(seed: seed).write(to: $0)
        }
    }

    /// Generates what is not there yet under a temporary name first, so that it is there whole or not at all, and removes
    /// what processes left there that are no more.
    private static func once(_ url: URL, _ write: (URL) throws -> Void) throws -> URL {
        try Ranks.current.firstThenOthers { try generate(url, write) }
    }

    private static func generate(_ url: URL, _ write: (URL) throws -> Void) throws -> URL {
        guard !FileManager.default.fileExists(atPath: url.path) else { return url }
        let parent = url.deletingLastPathComponent()
        try AtomicFolder.createDirectory(parent)
        for name in try FileManager.default.contentsOfDirectory(atPath: parent.path) where name.hasPrefix(prefix) {
            guard let writer = Int32(name.dropFirst(prefix.count)), kill(writer, 0) != 0 else { continue }
            try? FileManager.default.removeItem(at: parent.appendingPathComponent(name))
        }
        let temporary = parent.appendingPathComponent("\(prefix)\(ProcessInfo.processInfo.processIdentifier)")
        try write(temporary)
        guard rename(temporary.path, url.path) == 0 || FileManager.default.fileExists(atPath: url.path) else {
            throw CheckpointError(url, "cannot be written: \(String(cString: strerror(errno)).lowercased())")
        }
        return url
    }
}
