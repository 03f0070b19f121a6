import Foundation

/// The folder of a run: `recipe.yaml`, `metrics.jsonl`, `report.json`, `step-000100/…` checkpoints, and `best`, a link
/// to the best of them. Held by one process at a time.
public final class RunFolder {
    public let url: URL
    private let lock: Int32

    /// Opens or creates the folder and takes its lock, which the system releases however the process ends.
    ///
    /// - Throws: `CheckpointError` where another process holds the folder or it cannot be created.
    public init(_ url: URL) throws {
        self.url = url
        try AtomicFolder.createDirectory(url)
        let lockURL = url.appendingPathComponent("lock")
        lock = open(lockURL.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw CheckpointError.system(lockURL, "create") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOf: lockURL, encoding: .utf8)) ?? ""
            close(lock)
            throw CheckpointError(
                url, "in use by process \(holder.isEmpty ? "unknown" : holder); wait for it or choose another --output")
        }
        let process = String(ProcessInfo.processInfo.processIdentifier)
        ftruncate(lock, 0)
        _ = process.withCString { pwrite(lock, $0, strlen($0), 0) }
        AtomicFolder.removePartials(in: url)
    }

    deinit { close(lock) }

    public var metrics: URL { url.appendingPathComponent("metrics.jsonl") }
    public var best: URL { url.appendingPathComponent("best") }

    /// The folder of the checkpoint of `step`.
    public func checkpoint(_ step: Int) -> URL { url.appendingPathComponent(Self.checkpointName(step)) }

    /// `step-000100`
    public static func checkpointName(_ step: Int) -> String {
        "step-" + String(repeating: "0", count: max(0, 6 - "\(step)".count)) + "\(step)"
    }

    /// The steps that have a checkpoint, ascending.
    public var checkpointSteps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.filter { $0.hasPrefix("step-") }.compactMap { Int($0.dropFirst(5)) }.sorted()
    }

    /// The newest checkpoint that verifies; a damaged one is told to `damaged` and passed over.
    public func latestCheckpoint(damaged: (CheckpointError) -> Void) throws -> URL? {
        for step in checkpointSteps.reversed() {
            do {
                try AtomicFolder.verify(checkpoint(step))
                return checkpoint(step)
            } catch let error as CheckpointError {
                damaged(error)
            }
        }
        return nil
    }

    /// Points `best` at the checkpoint of `step`, in one rename.
    public func setBest(_ step: Int) throws {
        try Self.link(checkpoint(step).lastPathComponent, as: best.lastPathComponent, in: url)
    }

    /// Makes `name` in `folder` a link to `target`, a path relative to that, in place of an older link.
    public static func link(_ target: String, as name: String, in folder: URL) throws {
        let temporary = folder.appendingPathComponent(AtomicFolder.partialPrefix + name)
        let link = folder.appendingPathComponent(name)
        try? FileManager.default.removeItem(at: temporary)
        guard symlink(target, temporary.path) == 0, rename(temporary.path, link.path) == 0
        else { throw CheckpointError.system(link, "link") }
    }

    /// Removes all checkpoints but the last `count` and that of step `best`.
    public func prune(keeping count: Int, best: Int?) {
        for step in checkpointSteps.dropLast(max(1, count)) where step != best {
            try? FileManager.default.removeItem(at: checkpoint(step))
        }
    }

    /// Removes the run in `url`, if there is one.
    ///
    /// - Throws: `CheckpointError` where something else is there.
    public static func remove(_ url: URL) throws {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: url.path) else {
            guard !FileManager.default.fileExists(atPath: url.path) else {
                throw CheckpointError(url, "is no folder of a run; choose another --output")
            }
            return
        }
        guard names.isEmpty || names.contains("lock") else {
            throw CheckpointError(url, "holds \(names.sorted()[0]) and no run; choose another --output")
        }
        do { try FileManager.default.removeItem(at: url) } catch { throw CheckpointError(url, "cannot be removed") }
    }

    /// Writes a small file of the run, whole or not at all.
    public func write(_ text: String, to name: String) throws {
        let temporary = url.appendingPathComponent(AtomicFolder.partialPrefix + name)
        try OutputFile.write(Data(text.utf8), to: temporary)
        let target = url.appendingPathComponent(name)
        guard rename(temporary.path, target.path) == 0 else { throw CheckpointError.system(target, "write") }
    }
}
