import Foundation

/// Where a model is that a user names: a folder of one, or of a run for the best checkpoint of the run.
public enum ModelPath {
    /// `path` itself where it is a model; where it is a run `RUN/best`, or its newest checkpoint as long as none is the best.
    public static func url(_ path: String) -> URL {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        func isThere(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
        }
        guard !isThere(HuggingFaceConfiguration.fileName) else { return folder }
        let names =
            [RunFolder.bestName] + RunFolder.checkpointSteps(in: folder).reversed().map(RunFolder.checkpointName)
        return names.first(where: isThere).map {
            URL(fileURLWithPath: "\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\($0)", isDirectory: true)
        } ?? folder
    }
}
