import Checkpoints
import Foundation

/// Files that commands end with.
public enum ReportFile {
    public static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }

    /// Writes the JSON into the file at `path`.
    public static func write(_ value: some Encodable, to path: String) throws {
        try write(text: json(value), to: path)
    }

    /// Writes the text into the file at `path`.
    public static func write(text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

    /// Writes a file whole or not at all, that which a link names where `path` is one; what is no plain file, such as a pipe or a
    /// device, is written as it is.
    public static func write(_ data: Data, to path: String) throws {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let type = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
        guard let type, type != .typeRegular, type != .typeDirectory else {
            return try OutputFile.replace(url, with: data)
        }
        do {
            try FileHandle(forWritingTo: url).write(contentsOf: data)
        } catch { throw CheckpointError(url, "cannot be written: \(error.localizedDescription)") }
    }

    /// - Throws: `CheckpointError` where there is no folder for the file at `path`, before work is done for it.
    public static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        guard FileManager.default.isWritableFile(atPath: folder.path) else {
            throw CheckpointError(folder, "no such folder, or not writable; wanted one for \(path)")
        }
    }
}
