import Foundation

/// The lock of a run's folder, which the system releases however the process ends.
final class RunLock {
    private let folder: URL
    private let descriptor: Int32
    /// Whether the folder is new, so that it goes with a lock under which nothing was written.
    private let isNew: Bool

    static let fileName = "lock"

    /// - Throws: `CheckpointError` where another process holds it or the folder cannot be created.
    init(_ folder: URL) throws {
        self.folder = folder
        isNew = !FileManager.default.fileExists(atPath: folder.path)
        try AtomicFolder.createDirectory(folder)
        descriptor = try Self.take(folder, folder.appendingPathComponent(Self.fileName))
        let process = String(ProcessInfo.processInfo.processIdentifier)
        ftruncate(descriptor, 0)
        _ = process.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// A start that failed leaves nothing.
    deinit {
        if (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) == [Self.fileName] {
            unlink(folder.appendingPathComponent(Self.fileName).path)
            if isNew { rmdir(folder.path) }
        }
        close(descriptor)
    }

    /// - Throws: `CheckpointError` where the folder is another than the one that was locked: to go on would make a second one, of which
    ///   no run knows.
    func check() throws {
        guard FileLock.isNamed(folder.appendingPathComponent(Self.fileName), descriptor) else {
            throw CheckpointError(
                folder, "was moved or removed while the run worked in it; it goes on where it was moved to")
        }
    }

    private static func take(_ folder: URL, _ url: URL) throws -> Int32 {
        if let descriptor = try FileLock.take(url, of: url) { return descriptor }
        let holder = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        throw CheckpointError(
            folder, "in use by process \(holder.isEmpty ? "unknown" : holder); wait for it or choose another --output")
    }
}
