import Checkpoints
import Foundation
import Testing

@Suite struct RunFolderTests {
    @Test func aSecondRunOnTheSameFolderIsRefused() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        let found = message(in: folder.url) { _ = try RunFolder(folder.file("mini")) }
        let process = ProcessInfo.processInfo.processIdentifier
        #expect(found == "mini: in use by process \(process); wait for it or choose another --output")
        #expect(run.checkpointSteps.isEmpty)
    }

    @Test func onlyWhatARunWroteIsRemoved() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("mini")
        do { try RunFolder(url).save(1) }
        for name in ["notes.txt", "step-size.md", "state-1"] {
            let notes = url.appendingPathComponent(name)
            try Data().write(to: notes)
            #expect(
                message(in: folder.url) { try RunFolder.remove([url]) }
                    == "mini: holds \(name) beside a run; move it, or choose another --output")
            #expect(FileManager.default.fileExists(atPath: url.appendingPathComponent("step-000001").path))
            try FileManager.default.removeItem(at: notes)
        }
        // Neither is where another works in one of them.
        do {
            let other = try RunFolder(folder.file("other"))
            let process = ProcessInfo.processInfo.processIdentifier
            #expect(
                message(in: folder.url) { try RunFolder.remove([url, other.url]) }
                    == "other: in use by process \(process); wait for it or choose another --output")
            #expect(FileManager.default.fileExists(atPath: url.appendingPathComponent("step-000001").path))
        }
        try RunFolder.remove([url])
        #expect(!FileManager.default.fileExists(atPath: url.path))
    }

    @Test func aRunStandsForItsBestModelOrItsNewest() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        let path = run.url.path
        #expect(ModelPath.url(path + "/").path == path)
        try [1, 2].forEach { try run.save($0) }
        #expect(ModelPath.url(path).lastPathComponent == "step-000002")
        _ = try run.prune(at: 2, best: 1, keeping: 2)
        #expect(ModelPath.url(path).lastPathComponent == "best")
        #expect(ModelPath.url(path + "/step-000001").lastPathComponent == "step-000001")
        // Copied without its link, or with one that leads nowhere: the state knows which is the best.
        var state = RunState(totalSteps: 2, identity: [:], arithmetic: "a")
        (state.step, state.bestStep) = (2, 1)
        try state.write(to: run.state(2))
        try RunFolder.link("step-000009", as: "best", in: run.url)
        for _ in 0..<2 {
            #expect(ModelPath.url(path).lastPathComponent == "step-000001")
            try? FileManager.default.removeItem(at: run.best)
        }
    }

    @Test func aStartThatFailsLeavesNothing() throws {
        let folder = try TemporaryFolder()
        do { _ = try RunFolder(folder.file("mini")) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("mini").path))
        try FileManager.default.createDirectory(at: folder.file("mini"), withIntermediateDirectories: true)
        do { _ = try RunFolder(folder.file("mini")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("mini").path) == [])
        do { try RunFolder(folder.file("mini")).write("", to: "recipe.yaml") }
        _ = try RunFolder(folder.file("mini"))
        #expect(FileManager.default.fileExists(atPath: folder.file("mini/lock").path))
    }

    @Test func nothingIsWrittenThroughALink() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for name in ["other/lock", "mini/metrics.jsonl"] {
            let link = folder.file(name)
            try FileManager.default.createDirectory(
                at: link.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder.file("target"))
        }
        let problem = ": is a link; nothing is written through one: remove it"
        let lock = message(in: folder.url) { _ = try RunFolder(folder.file("other")) }
        let log = message(in: folder.url) { _ = try MetricsLog(run.metrics, truncatingAfterStep: 0) { _ in } }
        #expect(lock == "other/lock\(problem)" && log == "mini/metrics.jsonl\(problem)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("target").path))
    }

    @Test func theLastOnesAndTheModelOfTheBestStay() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20, 30, 40] { try run.save(step) }
        for _ in 0..<2 {
            #expect(try run.prune(at: 40, best: 10, keeping: 2))
            #expect(
                try run.names() == [
                    "best", "state-000030", "state-000040", "step-000010", "step-000030", "step-000040",
                ])
            #expect(try run.bestName() == "step-000010")
        }
        #expect(try run.prune(at: 40, best: 40, keeping: 1))
        #expect(try run.names() == ["best", "state-000040", "step-000040"] && run.bestName() == "step-000040")
    }

    /// `cp -rL` and `scp -r` make `best` a folder.
    @Test func aCopyWithoutLinksGoesOn() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20] { try run.save(step) }
        try FileManager.default.copyItem(at: run.checkpoint(10), to: run.best)
        #expect(try run.prune(at: 20, best: 20, keeping: 1) && run.bestName() == "step-000020")
        try FileManager.default.removeItem(at: run.best)
        try FileManager.default.createDirectory(at: run.best, withIntermediateDirectories: true)
        #expect(
            message(in: folder.url) { _ = try run.prune(at: 20, best: 20, keeping: 1) }
                == "mini/best: is there, and is no checkpoint of this program; move it")
    }

    @Test func aFileCalledLockIsNoRun() throws {
        let folder = try TemporaryFolder()
        try Data("of my door".utf8).write(to: folder.file("lock"))
        #expect(
            message { _ = try RunFolder(folder.url) } == "holds lock and no run; choose another --output")
        #expect(try String(contentsOf: folder.file("lock"), encoding: .utf8) == "of my door")
        // After a power cut.
        try Data([0, 0]).write(to: folder.file("lock"))
        try Data().write(to: folder.file("metrics.jsonl"))
        #expect(message { _ = try RunFolder(folder.url) } == nil)
    }

    @Test func onlyWhatWasSavedCounts() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        #expect(RunFolder.mayHaveSaved(10, in: run.url))
        try run.save(10)
        #expect(RunFolder.mayHaveSaved(10, in: run.url) && !RunFolder.mayHaveSaved(20, in: run.url))
        // Somebody removed the best.
        try run.save(20)
        try FileManager.default.removeItem(at: run.checkpoint(10))
        #expect(!RunFolder.mayHaveSaved(10, in: run.url))
    }

    /// What went on in a folder of its name would be a run without a log.
    @Test func aFolderThatIsMovedIsNotMadeAnew() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try run.save(10)
        try FileManager.default.moveItem(at: run.url, to: folder.file("moved"))
        let problem = "mini: was moved or removed while the run worked in it; it goes on where it was moved to"
        #expect(message(in: folder.url) { try run.save(20) } == problem)
        #expect(message(in: folder.url) { try run.write("a: 1", to: "recipe.yaml") } == problem)
        // Another run has its name meanwhile.
        let other = try RunFolder(folder.file("mini"))
        #expect(message(in: folder.url) { try run.save(20) } == problem)
        try other.save(20)
        #expect(FileManager.default.fileExists(atPath: folder.file("moved/step-000010").path))
    }

    /// They are written before the model is saved, which may never be.
    @Test func predictionsAreThoseOfTheBestModelThatWasSaved() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        let link = folder.file("mini/predictions.tsv")
        // Of an earlier program.
        try Data("0".utf8).write(to: link)
        for step in [10, 20, 30] {
            try Data("\(step)".utf8).write(to: run.predictions(of: step))
            #expect(try String(contentsOf: link, encoding: .utf8) == (step == 10 ? "0" : "10"))
            guard step < 30 else { break }
            try run.save(step)
            #expect(try run.prune(at: step, best: 10, keeping: 1))
        }
        #expect(
            try run.names() == [
                "best", "predictions-000010.tsv", "predictions-000030.tsv", "predictions.tsv", "state-000020",
                "step-000010", "step-000020",
            ])
        #expect(try run.prune(at: 20, best: 10, keeping: 1))
        #expect(!FileManager.default.fileExists(atPath: run.predictions(of: 30).path))
        #expect(try String(contentsOf: link, encoding: .utf8) == "10")
    }

    @Test func whatAKilledWriterLeftIsRemovedOnOpening() throws {
        let folder = try TemporaryFolder()
        for name in [".partial-step-000100", ".dat.nosync12AB.x7Yz12"] {
            try FileManager.default.createDirectory(at: folder.file("mini/\(name)"), withIntermediateDirectories: true)
        }
        let run = try RunFolder(folder.file("mini"))
        #expect(try run.names() == [])
        #expect(try run.latestStep { _ in } == nil)
    }

    /// In pieces, with lines across them, one longer than a piece.
    @Test func aLongLogIsReadInPieces() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("metrics.jsonl")
        let lines = (1...3000).map { step in
            let length = step == 1500 ? 9_000_000 : step == 3000 ? 300_000 : 4000 + step % 199
            let filler = String(repeating: "x", count: length)
            return Data(#"{"filler":"\#(filler)","kind":"k\#(step)","step":\#(step)}"#.utf8)
        }
        let start = UInt64(lines[0].count + 1)
        try lines.reduce(into: Data()) { $0 += $1 + [10] }.write(to: url)
        #expect(MetricsLog.ends(url, with: "k3000") && !MetricsLog.ends(url, with: "k2999"))
        let file = try FileHandle(forUpdating: url)
        let size = try file.seekToEnd()
        try file.write(contentsOf: Data("{\"st".utf8))
        var (next, isSame) = (1, true)
        let end = MetricsLog.read(file, from: start) { line in
            isSame = isSame && next < lines.count && Data(line) == lines[next]
            next += 1
        }
        #expect(end == size && isSame && next == lines.count)
        #expect(!MetricsLog.ends(url, with: "k3000"))
    }

    @Test(.timeLimit(.minutes(1))) func nothingWaitsForAPipeThatIsCalledALog() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("metrics.jsonl")
        try #require(mkfifo(url.path, 0o600) == 0)
        #expect(MetricsLog.problem(in: folder.url)?.problem == "no such log")
        #expect(!MetricsLog.ends(url, with: "step") && MetricsLog.opened(url) == nil)
    }

    @Test func aLogThatDoesNotTellAllOfItsRun() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        func problem(_ text: String) throws -> String? {
            try Data(text.utf8).write(to: run.metrics)
            return MetricsLog.problem(in: run.url)?.problem
        }
        #expect(MetricsLog.problem(in: run.url)?.problem == "no such log")
        #expect(try problem("{\"step\":1}\n{\"step\":2}\n{\"ste") == nil)
        #expect(try problem("{\"step\":1}\n{\"st\n{\"step\":3}\n") == "damaged: line 2 is no event of a run")
        try run.save(3)
        #expect(try problem("{\"step\":3}\n{\"step\":3}\n") == nil)
        #expect(
            try problem("{\"step\":1}\n{\"step\":2}\n{\"step\":3}")
                == "damaged: it ends at step 2, but the run was saved at step 3")
        try FileManager.default.removeItem(at: run.checkpoint(3))
        #expect(try problem("") == "damaged: it ends at step 0, but the run was saved at step 3")
    }

    @Test func theLogIsCutToTheStepThatTheRunContinuesFrom() throws {
        struct Line: Codable, Equatable { let step: Int }
        let folder = try TemporaryFolder()
        let url = folder.file("metrics.jsonl")
        do {
            let log = try MetricsLog(url, truncatingAfterStep: 0) { _ in }
            for step in 1...3 { try log.append(Line(step: step)) }
        }
        let torn = try Data(contentsOf: url) + Data(#"{"step":4"#.utf8)
        try torn.write(to: url)
        var told: [String] = []
        let log = try MetricsLog(url, truncatingAfterStep: 2) { told.append($0.problem) }
        try log.append(Line(step: 3))
        #expect(try String(contentsOf: url, encoding: .utf8) == "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n")
        #expect(told.isEmpty)
        // Steps that the checkpoint has and the log has not.
        _ = try MetricsLog(url, truncatingAfterStep: 5) { told.append($0.problem) }
        #expect(told == ["ends at step 3, before step 5; what it told between is lost"])
        told = []
        // A line inside that is none is told, and those after it stay.
        try Data("{\"step\":1}\n{\"st3p\":2}\n{\"step\":3}\n".utf8).write(to: url)
        _ = try MetricsLog(url, truncatingAfterStep: 3) { told.append($0.problem) }
        #expect(told == ["line 2 is damaged, and left out"])
        #expect(try String(contentsOf: url, encoding: .utf8) == "{\"step\":1}\n{\"step\":3}\n")
    }
}
