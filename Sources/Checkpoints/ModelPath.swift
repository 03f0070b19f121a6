import Foundation

/// Where a model is that a user names: a folder of one, or of a run for the best checkpoint of the run.
public enum ModelPath {
    /// The pretrained encoder that the repository has, and that stands in where none is named.
    public static let inBox = "Checkpoints/english-mini"

    /// `inBox` is looked for here, and then above the program, which a checkout's `.build` holds.
    private static func folder(_ path: String) -> URL {
        let here = URL(fileURLWithPath: path, isDirectory: true)
        guard isBox(here), !FileManager.default.fileExists(atPath: path) else { return here }
        var above = Bundle.main.executableURL?.resolvingSymlinksInPath() ?? here
        while above.path != "/" && !above.path.isEmpty {
            above.deleteLastPathComponent()
            let box = above.appendingPathComponent(inBox, isDirectory: true)
            if FileManager.default.fileExists(atPath: box.path) { return box }
        }
        return here
    }

    /// What is wrong where `folder` is the model in the box, and there is none; nil otherwise. The caller says what to name then.
    public static func absence(_ folder: URL) -> String? {
        isBox(folder) && !FileManager.default.fileExists(atPath: folder.path)
            ? "the model in the box is neither here nor beside the program" : nil
    }

    /// However it is spelled.
    private static func isBox(_ folder: URL) -> Bool {
        folder.standardizedFileURL.path == URL(fileURLWithPath: inBox).standardizedFileURL.path
    }

    /// `path` itself where it is a model; where it is a run `RUN/best`, and without that link the best checkpoint as the newest state
    /// knows it, or the newest one as long as none is the best.
    public static func url(_ path: String) -> URL {
        let folder = folder(path)
        func isThere(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
        }
        guard !isThere(HuggingFaceConfiguration.fileName) else { return folder }
        let steps = RunFolder.checkpointSteps(in: folder).reversed()
        let best = steps.lazy.compactMap { step in
            try? RunState(of: folder.appendingPathComponent(RunFolder.stateName(step)), step: step).bestStep
        }.first
        let names = [RunFolder.bestName] + ((best.map { [$0] } ?? []) + steps).map(RunFolder.checkpointName)
        return names.first(where: isThere).map {
            URL(fileURLWithPath: "\(path.hasSuffix("/") ? String(path.dropLast()) : path)/\($0)", isDirectory: true)
        } ?? folder
    }
}
