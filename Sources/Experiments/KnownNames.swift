import ArgumentParser
import Checkpoints
import Foundation
import Glue
import LongRange
import Recipes
import Shipped

extension CompletionKind {
    public static let task = list(GlueTask.all.map(\.name) + LongRangeTask.all.map(\.name) + ["all", "lra"])
    public static let glueTask = list(GlueTask.all.map(\.name))
    public static let longRangeTask = list(LongRangeTask.all.map(\.name))
    /// What the server of GLUE has.
    public static let officialTask = list(OfficialSource.all.map(\.task))
    public static let fineTuningProtocol = list(FineTuningProtocol.all.map(\.name))
    public static let run = custom { _, _, prefix in
        KnownNames.folders(with: [RunFolder.logName, HuggingFaceConfiguration.fileName], prefix)
    }
    /// What `finetune --seeds` wrote.
    public static let seeds = custom { _, _, prefix in KnownNames.folders(with: [SeedReport.fileName], prefix) }
    public static let recipe = recipes("Pretraining", "Finetuning", "LongRange")
    public static let pretrainingRecipe = recipes("Pretraining")
    public static let fineTuningRecipe = recipes("Finetuning", "LongRange")

    private static func recipes(_ folders: String...) -> CompletionKind {
        custom { _, _, prefix in KnownNames.recipes(prefix, in: folders) }
    }
}

/// Names that the words of a command line may be completed by.
enum KnownNames {
    /// Recipes that ship, and those among the files that `prefix` begins.
    ///
    /// - Parameter folders: of `Recipes`.
    static func recipes(_ prefix: String, in folders: [String]) -> [String] {
        folders.flatMap { ShippedFile.recipes(in: $0) }.map(ShippedFile.name) + paths(prefix) { $0.hasSuffix(".yaml") }
    }

    /// Folders below `Checkpoints` that have one of the files, such as runs, and the folders that `prefix` begins.
    static func folders(with names: [String], _ prefix: String) -> [String] {
        let folder = URL(fileURLWithPath: "Checkpoints").resolvingSymlinksInPath().path
        let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        let folders = files.map { $0 as NSString }
            .filter { names.contains($0.lastPathComponent) }
            .map { $0.deletingLastPathComponent as NSString }
            .filter { $0.length > 0 && !$0.lastPathComponent.hasPrefix("step-") }
        return Set(folders.map { "Checkpoints/\($0)" } + paths(prefix) { _ in false }).sorted()
    }

    /// Folders where `prefix` is, and files that are wanted, but for hidden ones.
    private static func paths(_ prefix: String, _ isWanted: (String) -> Bool) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.sorted().filter { !$0.hasPrefix(".") }.map { folder + $0 }.filter { path in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            return isFolder.boolValue || isWanted(path)
        }
    }
}
