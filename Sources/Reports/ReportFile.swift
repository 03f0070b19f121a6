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
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public static func write(_ value: some Encodable, to path: String) throws {
        try write(text: json(value), to: path)
    }

    /// Writes the text into the file at `path`, as `OutputFile.replace(named:with:)`.
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public static func write(text: String, to path: String) throws {
        try OutputFile.replace(named: path, with: Data(text.utf8))
    }

    /// - Throws: `CheckpointError` where the file at `path` is there and does not begin with a table, as this program's do.
    public static func check(table path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path),
            let first = try file.read(upToCount: MarkdownTable.beginning.utf8.count)
        else { return }
        guard first == Data(MarkdownTable.beginning.utf8) else {
            throw CheckpointError(
                URL(fileURLWithPath: path), "is there, and is no table; move it, or choose another --output")
        }
    }

    /// - Throws: `CheckpointError` where there is no folder for the file at `path`, or in its place one, or a file of a run, before work is
    ///   done for it.
    public static func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw CheckpointError(URL(fileURLWithPath: path), "is a folder; wanted the name of a file")
        }
        try RunFolder.check(output: path)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        guard FileManager.default.isWritableFile(atPath: folder.path) else {
            throw CheckpointError(folder, "no such folder, or not writable; wanted one for \(path)")
        }
    }
}
