import Checkpoints
import Foundation

/// Folders that are watched: runs, also such that have not begun, and whatever runs are or come to be below others.
struct WatchedFolders: Sendable {
    private let paths: [String]

    init(_ paths: [String]) { self.paths = paths }

    /// Of runs, those that wrote last first, each once. By bytes: `String` takes two spellings of an accented letter for one.
    var runs: [URL] {
        let found = paths.flatMap { path in
            let folder = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
            return Self.hasLog(folder) ? [folder] : Self.below(folder)
        }
        let unique = Dictionary(found.map { (Array($0.path.utf8), $0) }) { first, _ in first }.values
        return unique.map { ($0, Self.written($0)) }.sorted { ($1.1, $0.0.path) < ($0.1, $1.0.path) }.map(\.0)
    }

    /// What was named and has no run yet.
    var waiting: [String] {
        paths.filter { path in
            let folder = URL(fileURLWithPath: path, isDirectory: true)
            return !Self.hasLog(folder) && Self.below(folder).isEmpty
        }
    }

    private static func log(_ folder: URL) -> URL { folder.appendingPathComponent(RunFolder.logName) }

    private static func hasLog(_ folder: URL) -> Bool { FileManager.default.fileExists(atPath: log(folder).path) }

    private static func written(_ folder: URL) -> Date {
        (try? FileManager.default.attributesOfItem(atPath: log(folder).path)[.modificationDate] as? Date)
            ?? .distantPast
    }

    /// No run lies below another.
    private static func below(_ folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.flatMap { name -> [URL] in
            let inner = folder.appendingPathComponent(name, isDirectory: true)
            // Not through links, such as `best`, which may lead back.
            let type = try? FileManager.default.attributesOfItem(atPath: inner.path)[.type] as? FileAttributeType
            guard type == .typeDirectory else { return [] }
            return hasLog(inner) ? [inner] : below(inner)
        }
    }
}
