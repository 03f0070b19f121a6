import Foundation

/// Keeps two processes from tokenizing into the same folder, and removes what killed ones left there; the system releases
/// it however the process ends.
struct CacheLock {
    private let descriptor: Int32

    init(_ folder: URL) throws {
        let url = folder.appendingPathComponent("lock")
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw CorpusError(url, "cannot be created") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CorpusError(folder, "another process is tokenizing into it; wait for it")
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasSuffix(".partial") || name.hasPrefix(".dat.nosync") {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
    }

    func release() { close(descriptor) }
}
