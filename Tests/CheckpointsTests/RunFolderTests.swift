import Checkpoints
import Foundation
import Testing

@Suite struct RunFolderTests {
    private func checkpoint(_ run: RunFolder, _ step: Int) throws {
        try AtomicFolder.write(to: run.checkpoint(step)) {
            try Data("\(step)".utf8).write(to: $0.appendingPathComponent("model.safetensors"))
        }
    }

    @Test func aSecondRunOnTheSameFolderIsRefused() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        let found = message(in: folder.url) { _ = try RunFolder(folder.file("mini")) }
        let process = ProcessInfo.processInfo.processIdentifier
        #expect(found == "mini: in use by process \(process); wait for it or choose another --output")
        #expect(run.checkpointSteps.isEmpty)
    }

    @Test func theLockEndsWithTheRun() throws {
        let folder = try TemporaryFolder()
        do { _ = try RunFolder(folder.file("mini")) }
        _ = try RunFolder(folder.file("mini"))
    }

    @Test func aDamagedNewestCheckpointIsToldAndPassedOver() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try checkpoint(run, 100)
        try checkpoint(run, 200)
        try Data("000".utf8).write(to: run.checkpoint(200).appendingPathComponent("model.safetensors"))
        try Data("2O0".utf8).write(to: run.checkpoint(200).appendingPathComponent("model.safetensors"))
        var told: [String] = []
        let latest = try run.latestCheckpoint { told.append($0.problem) }
        #expect(latest?.lastPathComponent == "step-000100")
        #expect(told.count == 1 && told[0].hasPrefix("damaged: SHA-256 is "))
    }

    @Test func theLastOnesAndTheBestStay() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20, 30, 40] { try checkpoint(run, step) }
        try run.setBest(10)
        run.prune(keeping: 2, best: 10)
        #expect(run.checkpointSteps == [10, 30, 40])
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: run.best.path) == "step-000010")
        try run.setBest(40)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: run.best.path) == "step-000040")
    }

    @Test func whatAKilledWriterLeftIsRemovedOnOpening() throws {
        let folder = try TemporaryFolder()
        let partial = folder.file("mini/.partial-step-000100")
        try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: true)
        let run = try RunFolder(folder.file("mini"))
        #expect(!FileManager.default.fileExists(atPath: partial.path))
        #expect(try run.latestCheckpoint { _ in } == nil)
    }

    @Test func theLogIsCutToTheStepThatTheRunContinuesFrom() throws {
        struct Line: Codable, Equatable { let step: Int }
        let folder = try TemporaryFolder()
        let url = folder.file("metrics.jsonl")
        do {
            let log = try MetricsLog(url, truncatingAfterStep: 0)
            for step in 1...3 { try log.append(Line(step: step)) }
        }
        let torn = try Data(contentsOf: url) + Data(#"{"step":4"#.utf8)
        try torn.write(to: url)
        let log = try MetricsLog(url, truncatingAfterStep: 2)
        try log.append(Line(step: 3))
        #expect(try String(contentsOf: url, encoding: .utf8) == "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n")
    }

    @Test func stateRoundTripsExactly() throws {
        let folder = try TemporaryFolder()
        var state = RunState(totalSteps: 100, tokenizer: "t", options: "o")
        state.seconds = 0.1 + 0.2
        let notes = [state.note(score: -2.5), state.note(score: -2.5)]
        #expect(notes == [true, false])
        try state.write(to: folder.url)
        #expect(try RunState(of: folder.url) == state)
    }
}
