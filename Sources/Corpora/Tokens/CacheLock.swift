import Foundation

/// Keeps two runs from tokenizing into the same folder, and removes what killed ones left there. Of several ranks the first to take
/// it lets others join; the system releases it when the last of them has ended, however it does.
final class CacheLock {
    private let descriptor: Int32
    private let folder: URL
    /// A file that is in the folder while the one that took the lock has it, of a name that no other has.
    let mark: String?

    /// Takes the lock, for others to join.
    convenience init(_ folder: URL) throws {
        let mark = "\(UUID().uuidString).partial"
        try self.init(folder, mark)
        try take(LOCK_EX)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where name.hasSuffix(".partial") || name.hasPrefix(".dat.nosync") {
            try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
        let file = open(folder.appendingPathComponent(mark).path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw CorpusError(folder.appendingPathComponent(mark), "cannot be created") }
        close(file)
        // Another run that comes between the two finds the lock free, and this one then finds it taken.
        try take(LOCK_SH)
    }

    /// Joins the one who took it.
    convenience init(joining folder: URL) throws {
        try self.init(folder, nil)
        try take(LOCK_SH)
    }

    private init(_ folder: URL, _ mark: String?) throws {
        (self.folder, self.mark) = (folder, mark)
        let url = folder.appendingPathComponent("lock")
        descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw CorpusError(url, "cannot be created: \(String(cString: strerror(errno)))") }
    }

    private func take(_ kind: Int32) throws {
        guard flock(descriptor, kind | LOCK_NB) != 0 else { return }
        // A file system may have no locks, where nobody need be waited for.
        guard errno == EWOULDBLOCK else {
            throw CorpusError(folder, "cannot be locked: \(String(cString: strerror(errno)))")
        }
        throw CorpusError(folder, "another process is tokenizing into it; wait for it")
    }

    deinit {
        if let mark { unlink(folder.appendingPathComponent(mark).path) }
        close(descriptor)
    }
}
