import Digests
import Foundation

extension RunFolder {
    /// What a run, a search or seeds write beside their checkpoints, but for pages, which are made anew at any time.
    private static let own = Set(ownNames + [lockName, "seeds.json", "leaderboard.md"])

    /// What a model of others has too, which has no list of its files.
    private static let ofModels: Set = [
        HuggingFaceConfiguration.fileName, WeightFiles.name, "tokenizer.json", "tokenizer_config.json", "vocab.txt",
        "spiece.model",
    ]

    /// Removes what an earlier end of the run left, which is of another state once it goes on.
    public func removeReport() { try? FileManager.default.removeItem(at: url.appendingPathComponent(Self.reportName)) }

    /// What is said where a run cannot go on: from where the same command does.
    public func wayOn(from step: Int?) -> String {
        "the same command goes on from "
            + (step.map { checkpoint($0).relativePath } ?? "the first step, for no checkpoint was saved yet")
    }

    /// - Parameters:
    ///   - below: the folder of the run below each.
    ///   - isRow: whether a folder of such a name could be one of the table's.
    /// - Throws: `CheckpointError` where `folder` has runs in other folders than these, whose table another would take the place of.
    public static func check(
        runs names: [String], in folder: String, below: String = "", where isRow: (String) -> Bool = { _ in true }
    ) throws {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let other = found.sorted().first { name in
            !names.contains(name) && name != bestName && isRow(name) && hasRuns(in: "\(folder)/\(name)/\(below)")
        }
        guard let other else { return }
        throw CheckpointError(
            URL(fileURLWithPath: folder, isDirectory: true),
            "holds \(other), whose row the table would lose; try its value too, or choose another --output")
    }

    /// Whether there is a run in a folder or below it. Links are not followed.
    private static func hasRuns(in folder: String) -> Bool {
        let names = FileManager.default.enumerator(atPath: folder)
        return names?.contains { ($0 as? NSString)?.lastPathComponent == logName } ?? false
    }

    /// - Throws: `CheckpointError` where a folder at `url` would be in that of a model, with which it would go: a run prunes its steps.
    public static func checkNoModel(above url: URL) throws {
        let parent = url.deletingLastPathComponent()
        for name in [HuggingFaceConfiguration.fileName, Checksum.listName] {
            let file = parent.appendingPathComponent(name)
            guard FileManager.default.fileExists(atPath: file.path) else { continue }
            throw CheckpointError(
                url, "would be in a model's folder (\(file.relativePath)) and no run; choose another --output")
        }
    }

    /// - Throws: `CheckpointError` where a folder at `url` would be in a step of a run. In the folder of another model one may be.
    public static func checkNoStep(above url: URL) throws {
        let step = url.deletingLastPathComponent()
        let log = step.deletingLastPathComponent().appendingPathComponent(logName)
        guard !step.lastPathComponent.hasPrefix(modelPrefix) || !FileManager.default.fileExists(atPath: log.path) else {
            throw CheckpointError(url, "would be in a step of a run, with which it would go; choose another --output")
        }
    }

    /// - Throws: `CheckpointError` where the file at `path` is one of a run or of a checkpoint, in whose place an output would come.
    public static func check(output path: String) throws {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let folder = target.deletingLastPathComponent()
        guard FileManager.default.fileExists(atPath: target.path) else { return }
        // Alone a file of such a name is anybody's.
        let isOne = [own, ofModels].contains { names in
            names.contains(target.lastPathComponent)
                && names.contains { name in
                    name != target.lastPathComponent
                        && FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
                }
        }
        let listed = try? Checksum.list(of: folder) { CheckpointError($0, "damaged: no list of checksums") }
        guard !isOne, listed?[target.lastPathComponent] == nil, target.lastPathComponent != Checksum.listName else {
            throw CheckpointError(URL(fileURLWithPath: path), "is among the files of a run; wanted another --output")
        }
    }
}
