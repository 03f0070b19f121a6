import Checkpoints
import Foundation

/// `report.json`: what a run ended with.
enum Report {
    static func json(_ value: some Encodable, pretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = pretty ? [.prettyPrinted, .sortedKeys] : [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + (pretty ? "\n" : "")
    }

    /// Writes the JSON into the file at `path`.
    static func write(_ value: some Encodable, to path: String) throws {
        try write(text: json(value), to: path)
    }

    /// Writes the text into the file at `path`, whole or not at all.
    static func write(text: String, to path: String) throws {
        try OutputFile.replace(URL(fileURLWithPath: path), with: Data(text.utf8))
    }

    /// - Throws: `CheckpointError` where there is no folder for the file at `path`, before work is done for it.
    static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        guard FileManager.default.isWritableFile(atPath: folder.path) else {
            throw CheckpointError(folder, "no such folder, or not writable; wanted one for \(path)")
        }
    }
}
