import Foundation
import Testing

@testable import Checkpoints

@Suite struct FileLockTests {
    /// Somebody who has the lock of a file, and what is done before it is left.
    private func held(_ url: URL, for time: UInt32, then end: @escaping @Sendable () -> Void = {}) throws {
        let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        Thread.detachNewThread {
            usleep(time)
            end()
            close(descriptor)
        }
    }

    /// Whoever looks for a moment whether a run works is waited for; who works is not.
    @Test func aMomentIsWaitedFor() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("lock")
        try held(url, for: 30_000)
        let taken = try #require(try FileLock.take(url, of: url, tries: 1000))
        #expect(FileLock.isNamed(url, taken))
        #expect(try FileLock.take(url, of: url, tries: 2) == nil)
        close(taken)
        let own = open(folder.url.path, O_RDONLY | O_DIRECTORY)
        try #require(flock(own, LOCK_EX | LOCK_NB) == 0)
        let error = #expect(throws: CheckpointError.self) { try FileLock.holding(folder.url) {} }
        #expect(error?.problem == "another process is writing it; wait for it or choose another name")
        close(own)
        #expect(try FileLock.holding(folder.url) { 7 } == 7)
    }

    /// The lock of a file that was removed or renamed meanwhile is nobody's.
    @Test(arguments: [true, false]) func aFileThatIsGoneIsMadeAgain(isReplaced: Bool) throws {
        let folder = try TemporaryFolder()
        let (url, other) = (folder.file("lock"), folder.file("other"))
        try Data("new".utf8).write(to: other)
        try held(url, for: 30_000) { if isReplaced { rename(other.path, url.path) } else { unlink(url.path) } }
        let taken = try #require(try FileLock.take(url, of: url, tries: 1000))
        defer { close(taken) }
        var (found, own) = (stat(), stat())
        #expect(stat(url.path, &found) == 0 && fstat(taken, &own) == 0 && found.st_ino == own.st_ino)
        #expect(found.st_size == (isReplaced ? 3 : 0))
    }
}
