import Foundation

/// Locks that the system releases however the process ends.
public enum FileLock {
    /// Opens a file, makes it where it is not there, and locks it; nil where another process has it, for all of so many tries, 10 ms
    /// apart. Closing it unlocks it.
    ///
    /// - Parameter named: what it is the lock of, for errors.
    /// - Throws: `CheckpointError` where it cannot be made or locked.
    static func take(_ url: URL, of named: URL, tries: Int = 5) throws -> Int32? {
        while true {
            let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
            guard descriptor >= 0 else { throw CheckpointError.system(named, "create") }
            var isTaken = false
            defer { if !isTaken { close(descriptor) } }
            guard try lock(descriptor, named, tries) else { return nil }
            // Whoever had it before may have removed or renamed the file between the two calls.
            isTaken = isNamed(url, descriptor)
            if isTaken { return descriptor }
        }
    }

    /// Does work while no other process does such work in a folder, which is made where it is not there.
    ///
    /// - Throws: `CheckpointError` where another one does, and what `body` throws.
    public static func holding<Result>(_ folder: URL, _ body: () throws -> Result) throws -> Result {
        try AtomicFolder.createDirectory(folder)
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CheckpointError.system(folder, "open") }
        defer { close(descriptor) }
        guard try lock(descriptor, folder, 5) else { throw isTaken(folder) }
        return try body()
    }

    /// Whether the file that is open as `descriptor` still has the name.
    static func isNamed(_ url: URL, _ descriptor: Int32) -> Bool {
        var (held, found) = (stat(), stat())
        return fstat(descriptor, &held) == 0 && lstat(url.path, &found) == 0 && held.st_ino == found.st_ino
            && held.st_dev == found.st_dev
    }

    static func isTaken(_ url: URL) -> CheckpointError {
        CheckpointError(url, "another process is writing it; wait for it or choose another name")
    }

    /// - Throws: `CheckpointError` where the file system has no locks.
    private static func lock(_ descriptor: Int32, _ named: URL, _ tries: Int) throws -> Bool {
        // Whoever looks whether a run works holds its lock for a moment.
        for attempt in 0..<tries {
            if attempt > 0 { usleep(10_000) }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard [EWOULDBLOCK, EINTR].contains(errno) else { throw CheckpointError.system(named, "lock") }
        }
        return false
    }
}
