import Foundation
import Testing

@testable import Training

/// What a folder tells of its run, again and again.
@Suite struct RunSummaryTests {
    private func step(_ step: Int) -> String {
        #"{"kind":"step","step":\#(step),"totalSteps":9,"loss":1,"rate":1,"gradientNorm":1,"tokensPerSecond":1,"seconds":1}"#
            + "\n"
    }

    /// A log is read again where it is longer or newer, and only there; a run that goes on or ends is known without.
    @Test func aLogIsReadWhereItIsAnother() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = folder.appendingPathComponent("metrics.jsonl")
        try Data(step(1).utf8).write(to: log)
        let time = Date(timeIntervalSinceNow: -100)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: log.path)
        let first = try #require(RunSummary.now(of: folder, known: nil))
        #expect(first.step == 1 && first.state == .interrupted && first.age >= 100)
        // Of the same size and time it is taken for what was read.
        try Data(step(2).utf8).write(to: log)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: log.path)
        try Data("{}".utf8).write(to: folder.appendingPathComponent("report.json"))
        let same = try #require(RunSummary.now(of: folder, known: first))
        #expect(same.step == 1 && same.state == .finished)
        try Data((step(2) + step(3)).utf8).write(to: log)
        #expect(RunSummary.now(of: folder, known: same)?.step == 3)
        try FileManager.default.removeItem(at: log)
        #expect(RunSummary.now(of: folder, known: same) == nil)
    }

    /// As long as a process has its lock.
    @Test func aRunThatWorksIsRunning() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(step(1).utf8).write(to: folder.appendingPathComponent("metrics.jsonl"))
        let lock = open(folder.appendingPathComponent("lock").path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        try #require(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        let first = try #require(RunSummary(folder))
        #expect(first.state == .running)
        close(lock)
        #expect(RunSummary.now(of: folder, known: first)?.state == .interrupted)
    }

    /// A state is saved before its model.
    @Test func aRunWithoutItsLastModelHasNotFinished() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        func make(_ name: String) throws {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
        }
        for name in ["step-000008", "state-000008", "state-000009"] { try make(name) }
        try Data(step(9).utf8).write(to: folder.appendingPathComponent("metrics.jsonl"))
        #expect(RunSummary.state(of: folder, step: 9, totalSteps: 9) == .interrupted)
        try make("step-000009")
        #expect(RunSummary.state(of: folder, step: 9, totalSteps: 9) == .finished)
    }
}
