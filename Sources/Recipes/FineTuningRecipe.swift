import Bert
import Foundation
import Glue
import Tasks
import Training

/// A fine-tuning recipe: complete, typed and checked before any work starts.
public struct FineTuningRecipe: Sendable {
    public let resolved: ResolvedRecipe
    public let name: String
    /// One of the user's own has no labels before its rows are read.
    public let task: TaskSource
    public let isOwnTask: Bool
    /// Pretrained Hugging Face folder; nil where neither recipe nor command names one.
    public let checkpoint: String?
    /// Folder of the task's files, or `sample`; for a task of the user's own the recipe's, and nil for one of GLUE, where
    /// neither recipe nor command names one.
    public let data: String?
    public let options: FineTuningOptions

    /// Reads the recipe at `path`, or the one of that name that ships, with overrides from the command line. Paths in it are
    /// relative to the working folder, but the files of a task of the user's own to `data`.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        let file = try RecipeFile(path, in: "Finetuning")
        resolved = try ResolvedRecipe(.fineTuning, file, Self.besideTheRecipe(file, overrides) + overrides)
        name = resolved["name"]
        checkpoint = resolved.path("checkpoint")
        data = resolved.path("data")
        options = FineTuningOptions(
            epochs: resolved.integer("epochs"), batch: resolved.batch, length: resolved.integer("length"),
            optimizer: resolved.optimizer, schedule: resolved.schedule,
            classifierDropout: resolved.float("classifierDropout"), labelSmoothing: resolved.float("labelSmoothing"),
            layers: LayerOptions(
                rateDecay: resolved.float("layers.rateDecay"), frozen: resolved.integer("layers.frozen"),
                fresh: resolved.integer("layers.fresh")),
            metrics: Metric.named(resolved["score"]), selection: resolved.choice("selection"),
            patience: resolved.integer("patience"),
            slices: resolved.integer("slices"), threads: resolved.integer("threads"), seed: resolved.seed,
            precision: resolved.precision, recompute: resolved.boolean("recompute"))
        var issues = resolved.precisionIssues
        if options.patience > 0, options.selection == .last {
            issues.append(
                resolved.issue("patience", "patience wants selection: best; the last epoch has no better one"))
        }
        isOwnTask = resolved["task"] == "none"
        issues += isOwnTask ? resolved.ownTaskIssues : resolved.strayTaskIssues
        guard issues.isEmpty else { throw RecipeErrors(issues: issues) }
        do {
            task = try isOwnTask ? resolved.ownTask.source : GlueTask.named(resolved["task"])
        } catch let error as TaskError {
            throw RecipeErrors(issues: [resolved.issue("task", error.problem)])
        }
        let known = task.metrics + task.others
        if let metrics = options.metrics, !metrics.allSatisfy(known.contains) {
            let names = known.map(\.rawValue).joined(separator: ", ")
            throw RecipeErrors(issues: [resolved.issue("score", "\(task.title) is scored by \(names)")])
        }
    }

    /// The files of a task of the user's own lie beside the recipe where nothing else is said.
    private static func besideTheRecipe(
        _ file: RecipeFile, _ overrides: [ResolvedRecipe.Override]
    ) -> [ResolvedRecipe.Override] {
        let keys = file.entries.map(\.key) + overrides.map(\.key)
        guard keys.contains(where: { $0.hasPrefix("task.") }), !keys.contains("data") else { return [] }
        let folder = (file.name as NSString).deletingLastPathComponent
        return [.init(key: "data", value: folder.isEmpty ? "." : folder, argument: "folder of \(file.name)")]
    }

    /// Holds the recipe to the encoder that its checkpoint brings.
    ///
    /// - Throws: `RecipeErrors` where it freezes or renews more blocks than there are, or some of them twice.
    public func check(_ encoder: EncoderOptions) throws {
        var issues = [("layers.frozen", options.layers.frozen), ("layers.fresh", options.layers.fresh)].filter {
            $0.1 > encoder.layers
        }.map { resolved.issue($0, "\($0) is \($1); the checkpoint has \(encoder.layers) blocks") }
        let (frozen, fresh) = (options.layers.frozen, options.layers.fresh)
        if issues.isEmpty, frozen > 0, fresh > 0, frozen + fresh > encoder.layers {
            issues.append(
                resolved.issue(
                    "layers.fresh",
                    "layers.frozen \(frozen) and layers.fresh \(fresh) overlap in \(encoder.layers) blocks, which would stay random"
                ))
        }
        guard issues.isEmpty else { throw RecipeErrors(issues: issues) }
    }
}
