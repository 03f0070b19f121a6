import Foundation
import Testing

@testable import Corpora

@Suite struct CacheLockTests {
    private static let taken = "another process is tokenizing into it; wait for it"

    private func problem(_ body: () throws -> CacheLock) -> String? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? CorpusError)?.problem }
    }

    /// One takes it, others join, and the next one has it when the last of them has left.
    @Test func theNextOneWaitsForAll() throws {
        let folder = try TemporaryFolder()
        var first: CacheLock? = try CacheLock(folder.url)
        #expect(first?.mark != nil && problem { try CacheLock(folder.url) } == Self.taken)
        var other: CacheLock? = try CacheLock(joining: folder.url)
        first = nil
        #expect(other?.mark == nil && problem { try CacheLock(folder.url) } == Self.taken)
        other = nil
        #expect(problem { try CacheLock(folder.url) } == nil)
        // Of whoever tokenizes into it before ranks have met.
        let descriptor = open(folder.file("lock").path, O_RDWR)
        defer { close(descriptor) }
        try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        #expect(problem { try CacheLock(joining: folder.url) } == Self.taken)
    }

    @Test func whatKilledOnesLeftIsTakenAway() throws {
        let folder = try TemporaryFolder()
        for name in ["a.tokens.partial", ".dat.nosync1", "a.tokens"] { try folder.write("x", to: name) }
        func names() throws -> Set<String> { Set(try FileManager.default.contentsOfDirectory(atPath: folder.url.path)) }
        var lock: CacheLock? = try CacheLock(folder.url)
        let mark = try #require(lock?.mark)
        #expect(try names() == ["a.tokens", "lock", mark])
        lock = nil
        #expect(try names() == ["a.tokens", "lock"])
    }
}
