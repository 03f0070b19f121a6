import Foundation

/// Where a model is that a user names: a folder of one, or of a run for the best checkpoint of the run.
public enum ModelPath {
    /// `RUN/best` where `path` is a run, and `path` itself elsewhere.
    public static func url(_ path: String) -> URL {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        let best = "\(path.hasSuffix("/") ? String(path.dropLast()) : path)/best"
        let isModel = FileManager.default.fileExists(
            atPath: folder.appendingPathComponent(HuggingFaceConfiguration.fileName).path)
        return !isModel && FileManager.default.fileExists(atPath: best)
            ? URL(fileURLWithPath: best, isDirectory: true) : folder
    }
}
