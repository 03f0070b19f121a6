import Communication
import Foundation

/// The folder of a run: `recipe.yaml`, `metrics.jsonl`, `report.json`, checkpoints, and `best`, a link to the best of them.
///
/// A checkpoint is two folders: `step-000100`, the model, and `state-000100`, what it takes besides to continue from there,
/// which is twice as large and goes first. Held by one process at a time, of several ranks by the first, which alone writes.
public final class RunFolder {
    public let url: URL
    private let lock: RunLock?

    /// Opens or creates the folder and takes its lock.
    ///
    /// - Throws: `CheckpointError` where another process holds the folder, it cannot be created, or files of somebody else's are
    ///   called as those of a run.
    public init(_ url: URL) throws {
        self.url = url
        if Ranks.current.isFirst { try Self.checkFiles(of: url) }
        lock = Ranks.current.isFirst ? try RunLock(url) : nil
        if lock != nil { AtomicFolder.removePartials(in: url) }
    }

    /// A run has had a lock since it began.
    private static func checkFiles(of url: URL) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        let own = ownNames.filter(names.contains)
        if names.contains(lockName) {
            // A lock of ours holds the number of a process, but where a power cut has left something else in it.
            let text = try? String(contentsOf: url.appendingPathComponent(lockName), encoding: .utf8)
            guard text?.allSatisfy(\.isNumber) != false || !own.isEmpty else {
                throw CheckpointError(url, "holds \(lockName) and no run; choose another --output")
            }
            return
        }
        if let name = own.first {
            throw CheckpointError(url, "holds \(name) and no run; choose another --output")
        }
        // A model's folder stands for that model, and not for a run in it; a run's step goes with all that is in it.
        let configuration = url.appendingPathComponent(HuggingFaceConfiguration.fileName)
        guard !FileManager.default.fileExists(atPath: configuration.path) else {
            throw CheckpointError(url, "is a model (\(configuration.relativePath)) and no run; choose another --output")
        }
        try checkNoModel(above: url)
    }

    public var metrics: URL { url.appendingPathComponent(Self.logName) }
    public var hasRecipe: Bool {
        FileManager.default.fileExists(atPath: url.appendingPathComponent(Self.recipeName).path)
    }
    public var best: URL { url.appendingPathComponent(Self.bestName) }

    public static let lockName = RunLock.fileName
    public static let logName = "metrics.jsonl"
    /// The link to the best model.
    public static let bestName = "best"
    /// The steps that a budget of time was given.
    public static let planName = "plan.jsonl"
    public static let recipeName = "recipe.yaml"
    /// What a run ended with.
    public static let reportName = "report.json"
    public static let pageName = "report.html"
    /// The link to the predictions of the best model.
    public static let predictionsName = "predictions.tsv"
    /// What a run writes under one name, beside its lock.
    static let ownNames = [recipeName, logName, bestName, reportName, planName, predictionsName]
    static let (modelPrefix, statePrefix) = ("step-", "state-")
    private static let (predictionsPrefix, predictionsSuffix) = ("predictions-", ".tsv")

    /// The folder of the model after `step`.
    public func checkpoint(_ step: Int) -> URL { url.appendingPathComponent(Self.checkpointName(step)) }

    /// The folder of what else it takes to continue after `step`.
    public func state(_ step: Int) -> URL { url.appendingPathComponent(Self.stateName(step)) }

    /// What the model of `step` says of the dev set, which counts from when the model is saved.
    public func predictions(of step: Int) -> URL {
        url.appendingPathComponent(Self.name(Self.predictionsPrefix, step, Self.predictionsSuffix))
    }

    /// `step-000100`
    public static func checkpointName(_ step: Int) -> String { name(modelPrefix, step) }

    /// `state-000100`
    public static func stateName(_ step: Int) -> String { name(statePrefix, step) }

    private static func name(_ prefix: String, _ step: Int, _ suffix: String = "") -> String {
        prefix + String(repeating: "0", count: max(0, 6 - "\(step)".count)) + "\(step)" + suffix
    }

    /// The steps whose model is there, ascending.
    public var checkpointSteps: [Int] { Self.checkpointSteps(in: url) }

    /// Whether a folder, however it is linked to, is called as the models of runs are.
    public static func isCheckpoint(_ folder: URL) -> Bool {
        step(of: folder.resolvingSymlinksInPath().lastPathComponent, modelPrefix) != nil
    }

    /// The newest step of which the folder at `url` has a model or a state; nil where it has none.
    public static func newestStep(in url: URL) -> Int? {
        (checkpointSteps(in: url) + steps(statePrefix, in: url)).max()
    }

    /// Whether the model of `step`, the best, is there: not after a kill, with a full disk, or where somebody removed it. Of a run
    /// without any model its log alone tells.
    public static func mayHaveSaved(_ step: Int, in url: URL) -> Bool {
        let steps = checkpointSteps(in: url)
        return steps.isEmpty || steps.contains(step)
    }

    static func checkpointSteps(in url: URL) -> [Int] { steps(modelPrefix, in: url) }

    private static func steps(_ prefix: String, _ suffix: String = "", in url: URL) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.compactMap { step(of: $0, prefix, suffix) }.sorted()
    }

    /// Nil of a name that no step has.
    private static func step(of name: String, _ prefix: String, _ suffix: String = "") -> Int? {
        Int(name.dropFirst(prefix.count).dropLast(suffix.count))
            .flatMap { self.name(prefix, $0, suffix) == name ? $0 : nil }
    }

    /// The last step whose checkpoint verifies; a damaged one is told to `damaged` and passed over.
    ///
    /// - Throws: `CheckpointError` where there is none, but a model that a run from the beginning would replace.
    public func latestStep(damaged: (CheckpointError) -> Void) throws -> Int? {
        let (models, states) = (checkpointSteps, Self.steps(Self.statePrefix, in: url))
        for step in models.reversed() where states.contains(step) {
            do {
                try AtomicFolder.verify(state(step), foreign: false)
                try AtomicFolder.verify(checkpoint(step), foreign: false)
                return step
            } catch let error as CheckpointError {
                // What cannot be looked at, as on a disk that is not mounted, is not shown to be damaged.
                guard !error.isUnreadable else { throw error.advising(Self.advice) }
                damaged(error)
            }
        }
        guard let model = models.last(where: { !states.contains($0) || mayBeGood($0) }) else { return nil }
        let isWhole = !states.contains(model) || (try? AtomicFolder.verify(checkpoint(model), foreign: false)) != nil
        throw CheckpointError(
            url,
            "holds \(Self.checkpointName(model))"
                + (isWhole
                    ? " and no state to continue from; choose another --output"
                    : ", whose weights may be good though the rest is not; \(Self.advice)"))
    }

    private static let advice = "mend it, move it, or choose another --output"

    /// Whether there are weights of `step` that their list does not show to be damaged.
    private func mayBeGood(_ step: Int) -> Bool {
        let folder = checkpoint(step)
        do { try AtomicFolder.verify(folder, foreign: false) } catch let error as CheckpointError {
            guard !error.isUnreadable else { return true }
            let isOfWeights = { (path: String) in path.hasSuffix(".safetensors") }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            return !isOfWeights(error.path) && names.contains(where: isOfWeights)
        } catch {}
        return true
    }

    /// Writes the checkpoint of `step`: with its model, the second, it is whole.
    ///
    /// - Throws: `CheckpointError` where a folder cannot be written, and what the bodies throw.
    public func save(_ step: Int, state body: (URL) throws -> Void, model: (URL) throws -> Void) throws {
        try lock?.check()
        // One of that name is damaged, or of a run that begins again: it must not pass for the model of the new state.
        AtomicFolder.remove(checkpoint(step))
        try AtomicFolder.write(to: state(step), body)
        try AtomicFolder.write(to: checkpoint(step), model)
    }

    /// Makes the folder what it is after the checkpoint of `step`: `best` points at the model of step `best`, from the last
    /// `count` can be continued, and older models are gone but for that of `best`. Newer ones, damaged or without their
    /// state, are gone too, for the run is about to write them again.
    ///
    /// - Returns: whether the model of step `best` is there.
    /// - Throws: `CheckpointError` where a link cannot be made.
    public func prune(at step: Int, best: Int?, keeping count: Int) throws -> Bool {
        let (models, states) = (checkpointSteps, Self.steps(Self.statePrefix, in: url))
        let isThere = best.map(models.contains) ?? true
        let target = isThere ? best.map(Self.checkpointName) : nil
        let current = try? FileManager.default.destinationOfSymbolicLink(atPath: self.best.path)
        if let target, target != current {
            try Self.link(target, as: self.best.lastPathComponent, in: url)
        } else if target == nil, current != nil {
            unlink(self.best.path)
        }
        try prunePredictions(best: best)
        let kept = states.filter { $0 <= step && models.contains($0) }.suffix(max(1, count))
        for step in states where !kept.contains(step) { AtomicFolder.remove(state(step)) }
        for step in models where !kept.contains(step) && step != best { AtomicFolder.remove(checkpoint(step)) }
        return isThere
    }

    private func prunePredictions(best: Int?) throws {
        let steps = Self.steps(Self.predictionsPrefix, Self.predictionsSuffix, in: url)
        if let best, steps.contains(best) {
            try Self.link(predictions(of: best).lastPathComponent, as: Self.predictionsName, in: url)
        }
        for step in steps where step != best { unlink(predictions(of: step).path) }
    }

    /// Makes `name` in `folder` a link to `target`, a path relative to that, in place of an older link, in one rename.
    ///
    /// - Throws: `CheckpointError` where something of the name is no link and no checkpoint of ours, or a link cannot be made.
    public static func link(_ target: String, as name: String, in folder: URL) throws {
        guard Ranks.current.isFirst else { return }
        let temporary = folder.appendingPathComponent(AtomicFolder.partialPrefix + name)
        let link = folder.appendingPathComponent(name)
        unlink(temporary.path)
        // Who copied the run by the files behind its links has a second copy of a checkpoint there; predictions were a file.
        let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: link.path)) != nil
        if !isLink, name != predictionsName, FileManager.default.fileExists(atPath: link.path) {
            guard AtomicFolder.isListed(link) else {
                throw CheckpointError(link, "is there, and is no checkpoint of this program; move it")
            }
            AtomicFolder.remove(link)
        }
        guard symlink(target, temporary.path) == 0, rename(temporary.path, link.path) == 0
        else { throw CheckpointError.system(link, "link") }
    }

    /// - Throws: `CheckpointError` where a run is in the folder, or what has the name: its `best` would be another's.
    public static func checkNoRun(in folder: String, nor name: String) throws {
        let found = [(lockName, "a run"), (logName, "a run"), (name, "other runs")].first {
            FileManager.default.fileExists(atPath: "\(folder)/\($0.0)")
        }
        guard let (name, owner) = found else { return }
        throw CheckpointError(
            URL(fileURLWithPath: folder, isDirectory: true), "holds \(owner) (\(name)); choose another --output")
    }

    /// Removes the runs in folders, where there are any.
    ///
    /// - Throws: `CheckpointError` where something else is in one of them, or another process works in it; then all are as they were.
    public static func remove(_ urls: [URL]) throws {
        let locks = try urls.filter(isRun).map { ($0, try RunLock($0)) }
        for (url, _) in locks {
            do { try FileManager.default.removeItem(at: url) } catch { throw CheckpointError(url, "cannot be removed") }
        }
    }

    /// Whether a run is in `url`, or nothing.
    ///
    /// - Throws: `CheckpointError` where something else is there.
    private static func isRun(in url: URL) throws -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
            guard !FileManager.default.fileExists(atPath: url.path) else {
                throw CheckpointError(url, "is no folder of a run; choose another --output")
            }
            return false
        }
        guard names.isEmpty || names.contains(RunLock.fileName) else {
            throw CheckpointError(url, "holds \(names.sorted()[0]) and no run; choose another --output")
        }
        if let other = names.filter({ !isOfARun($0) }).min() {
            throw CheckpointError(url, "holds \(other) beside a run; move it, or choose another --output")
        }
        return true
    }

    private static func isOfARun(_ name: String) -> Bool {
        ([lockName, pageName] + ownNames).contains(name)
            || [modelPrefix, statePrefix].contains { step(of: name, $0) != nil }
            || step(of: name, predictionsPrefix, predictionsSuffix) != nil
            || [AtomicFolder.partialPrefix, EventFile.prefix].contains(where: name.hasPrefix)
    }

    /// Writes a small file of the run, whole or not at all.
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public func write(_ text: String, to name: String) throws {
        try lock?.check()
        try OutputFile.replace(url.appendingPathComponent(name), with: Data(text.utf8))
    }
}
