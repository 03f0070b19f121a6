import Checkpoints
import Foundation
import Testing

@Suite struct RunFolderTests {
    private func save(_ run: RunFolder, _ step: Int) throws {
        func body(_ folder: URL) throws {
            try Data("\(step)".utf8).write(to: folder.appendingPathComponent("model.safetensors"))
        }
        try run.save(step, state: body, model: body)
    }

    private func names(_ run: RunFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: run.url.path).filter { $0 != "lock" }.sorted()
    }

    private func best(_ run: RunFolder) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: run.best.path)
    }

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
        do { try save(RunFolder(url), 1) }
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
        try [1, 2].forEach { try save(run, $0) }
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

    @Test func aDamagedNewestCheckpointIsToldAndPassedOver() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [100, 200, 300] { try save(run, step) }
        try Data("2O0".utf8).write(to: run.checkpoint(200).appendingPathComponent("model.safetensors"))
        try FileManager.default.removeItem(at: run.state(300).appendingPathComponent("checksums.json"))
        var told: [String] = []
        #expect(try run.latestStep { told.append($0.problem) } == 100)
        #expect(told.count == 2 && told[0] == "no checkpoint: it has no checksums.json", "\(told)")
        #expect(told[1].hasPrefix("damaged: SHA-256 is "))
        // Where the run goes on from 100 it writes the others again.
        #expect(try run.prune(at: 100, best: 100, keeping: 2))
        #expect(try names(run) == ["best", "state-000100", "step-000100"])
    }

    @Test func theLastOnesAndTheModelOfTheBestStay() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20, 30, 40] { try save(run, step) }
        for _ in 0..<2 {
            #expect(try run.prune(at: 40, best: 10, keeping: 2))
            #expect(
                try names(run) == [
                    "best", "state-000030", "state-000040", "step-000010", "step-000030", "step-000040",
                ])
            #expect(try best(run) == "step-000010")
        }
        #expect(try run.prune(at: 40, best: 40, keeping: 1))
        #expect(try names(run) == ["best", "state-000040", "step-000040"] && best(run) == "step-000040")
    }

    /// `cp -rL` and `scp -r` make `best` a folder.
    @Test func aCopyWithoutLinksGoesOn() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20] { try save(run, step) }
        try FileManager.default.copyItem(at: run.checkpoint(10), to: run.best)
        #expect(try run.prune(at: 20, best: 20, keeping: 1) && best(run) == "step-000020")
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
        try save(run, 10)
        #expect(RunFolder.mayHaveSaved(10, in: run.url) && !RunFolder.mayHaveSaved(20, in: run.url))
        // Somebody removed the best.
        try save(run, 20)
        try FileManager.default.removeItem(at: run.checkpoint(10))
        #expect(!RunFolder.mayHaveSaved(10, in: run.url))
    }

    /// As on a disk that is not mounted: nobody begins again over what nobody has seen.
    @Test func aCheckpointThatCannotBeReachedIsNotTakenForDamaged() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try save(run, 10)
        try save(run, 20)
        // The whole folder, its list, or its weights; of the model or of the state; as a link that leads nowhere, and one to itself.
        for folder in [run.checkpoint(20), run.state(20)] {
            for name in ["", "checksums.json", "model.safetensors"] {
                let file = name.isEmpty ? folder : folder.appendingPathComponent(name)
                let away = file.appendingPathExtension("away")
                try FileManager.default.moveItem(at: file, to: away)
                for (target, reason) in [("nowhere", "no such file or directory"), (file.path, "too many levels")] {
                    unlink(file.path)
                    try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: target)
                    let path = "mini/" + folder.lastPathComponent + (name.isEmpty ? "" : "/\(name)")
                    let found = message(in: run.url.deletingLastPathComponent()) { _ = try run.latestStep { _ in } }
                    #expect(found?.hasPrefix("\(path): cannot be read: \(reason)") == true, "\(found ?? "")")
                    #expect(found?.hasSuffix("; mend it, move it, or choose another --output") == true)
                }
                unlink(file.path)
                try FileManager.default.createSymbolicLink(atPath: file.path, withDestinationPath: away.path)
                #expect(try run.latestStep { _ in } == 20)
                unlink(file.path)
                try FileManager.default.moveItem(at: away, to: file)
            }
        }
        #expect(try run.latestStep { _ in } == 20)
    }

    /// What went on in a folder of its name would be a run without a log.
    @Test func aFolderThatIsMovedIsNotMadeAnew() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try save(run, 10)
        try FileManager.default.moveItem(at: run.url, to: folder.file("moved"))
        let problem = "mini: was moved or removed while the run worked in it; it goes on where it was moved to"
        #expect(message(in: folder.url) { try save(run, 20) } == problem)
        #expect(message(in: folder.url) { try run.write("a: 1", to: "recipe.yaml") } == problem)
        // Another run has its name meanwhile.
        let other = try RunFolder(folder.file("mini"))
        #expect(message(in: folder.url) { try save(run, 20) } == problem)
        try save(other, 20)
        #expect(FileManager.default.fileExists(atPath: folder.file("moved/step-000010").path))
    }

    @Test func whatAKillLeftIsMadeTrueAgain() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20] { try save(run, step) }
        // Killed with the state of 30 and without its model, and with `best` where it was.
        try FileManager.default.copyItem(at: run.state(20), to: run.state(30))
        try RunFolder.link("step-000010", as: "best", in: run.url)
        #expect(try run.latestStep { _ in } == 20)
        #expect(try run.prune(at: 20, best: 20, keeping: 1))
        #expect(try names(run) == ["best", "state-000020", "step-000020"] && best(run) == "step-000020")
        // A best that somebody removed: no link to another.
        try FileManager.default.removeItem(at: run.checkpoint(20))
        try save(run, 30)
        #expect(try !run.prune(at: 30, best: 20, keeping: 1))
        #expect(try names(run) == ["state-000030", "step-000030"])
    }

    @Test func aModelWithoutAStateIsNotReplacedByARunFromTheBeginning() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try save(run, 10)
        try FileManager.default.removeItem(at: run.state(10))
        let found = message(in: folder.url) { _ = try run.latestStep { _ in } }
        #expect(found == "mini: holds step-000010 and no state to continue from; choose another --output")
    }

    /// Its moments alone are gone, or damaged: the model of a finished run is nothing to begin again over.
    @Test func aWholeModelIsNotReplacedWhereItsStateIsDamaged() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try save(run, 10)
        try Data("1O".utf8).write(to: run.state(10).appendingPathComponent("model.safetensors"))
        var told: [String] = []
        let found = message(in: folder.url) { _ = try run.latestStep { told.append($0.problem) } }
        #expect(found == "mini: holds step-000010 and no state to continue from; choose another --output")
        #expect(told.count == 1 && told[0].hasPrefix("damaged: SHA-256 is "))
        // Nothing is lost with a model that is damaged too.
        try Data("1O".utf8).write(to: run.checkpoint(10).appendingPathComponent("model.safetensors"))
        #expect(try run.latestStep { _ in } == nil)
    }

    /// Somebody edited its configuration, or lost the list: what is there may be the hours of a finished run.
    @Test(arguments: ["checksums.json", "config.json"]) func goodWeightsAreNotReplacedWhereTheRestIsNot(
        name: String
    ) throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try run.save(10) {
            try Data("state".utf8).write(to: $0.appendingPathComponent("state.json"))
        } model: {
            for name in ["config.json", "model.safetensors"] {
                try Data(name.utf8).write(to: $0.appendingPathComponent(name))
            }
        }
        let file = run.checkpoint(10).appendingPathComponent(name)
        if name == "config.json" { try Data("other".utf8).write(to: file) } else { unlink(file.path) }
        let found = message(in: folder.url) { _ = try run.latestStep { _ in } }
        #expect(
            found == "mini: holds step-000010, whose weights may be good though the rest is not; mend it, move it, or "
                + "choose another --output")
        unlink(run.checkpoint(10).appendingPathComponent("model.safetensors").path)
        #expect(try run.latestStep { _ in } == nil)
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
            try save(run, step)
            #expect(try run.prune(at: step, best: 10, keeping: 1))
        }
        #expect(
            try names(run) == [
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
        #expect(try names(run) == [])
        #expect(try run.latestStep { _ in } == nil)
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
        try save(run, 3)
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
