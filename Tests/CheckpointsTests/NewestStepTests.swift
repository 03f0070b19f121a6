import Checkpoints
import Foundation
import Testing

extension RunFolder {
    /// A checkpoint of small files that tell the step.
    func save(_ step: Int) throws {
        func body(_ folder: URL) throws {
            try Data("\(step)".utf8).write(to: folder.appendingPathComponent("model.safetensors"))
        }
        try save(step, state: body, model: body)
    }

    /// All but the lock.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0 != "lock" }.sorted()
    }

    func bestName() throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: best.path)
    }
}

/// The checkpoint that a run goes on from, where some are damaged, out of reach, or gone.
@Suite struct NewestStepTests {
    @Test func aDamagedNewestCheckpointIsToldAndPassedOver() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [100, 200, 300] { try run.save(step) }
        try Data("2O0".utf8).write(to: run.checkpoint(200).appendingPathComponent("model.safetensors"))
        try FileManager.default.removeItem(at: run.state(300).appendingPathComponent("checksums.json"))
        var told: [String] = []
        #expect(try run.latestStep { told.append($0.problem) } == 100)
        #expect(told.count == 2 && told[0] == "no checkpoint: it has no checksums.json", "\(told)")
        #expect(told[1].hasPrefix("damaged: SHA-256 is "))
        // Where the run goes on from 100 it writes the others again.
        #expect(try run.prune(at: 100, best: 100, keeping: 2))
        #expect(try run.names() == ["best", "state-000100", "step-000100"])
    }

    /// As on a disk that is not mounted: nobody begins again over what nobody has seen.
    @Test func aCheckpointThatCannotBeReachedIsNotTakenForDamaged() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try run.save(10)
        try run.save(20)
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

    @Test func whatAKillLeftIsMadeTrueAgain() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        for step in [10, 20] { try run.save(step) }
        // Killed with the state of 30 and without its model, and with `best` where it was.
        try FileManager.default.copyItem(at: run.state(20), to: run.state(30))
        try RunFolder.link("step-000010", as: "best", in: run.url)
        #expect(try run.latestStep { _ in } == 20)
        #expect(try run.prune(at: 20, best: 20, keeping: 1))
        #expect(try run.names() == ["best", "state-000020", "step-000020"] && run.bestName() == "step-000020")
        // A best that somebody removed: no link to another.
        try FileManager.default.removeItem(at: run.checkpoint(20))
        try run.save(30)
        #expect(try !run.prune(at: 30, best: 20, keeping: 1))
        #expect(try run.names() == ["state-000030", "step-000030"])
    }

    @Test func aModelWithoutAStateIsNotReplacedByARunFromTheBeginning() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try run.save(10)
        try FileManager.default.removeItem(at: run.state(10))
        let found = message(in: folder.url) { _ = try run.latestStep { _ in } }
        #expect(found == "mini: holds step-000010 and no state to continue from; choose another --output")
    }

    /// Its moments alone are gone, or damaged: the model of a finished run is nothing to begin again over.
    @Test func aWholeModelIsNotReplacedWhereItsStateIsDamaged() throws {
        let folder = try TemporaryFolder()
        let run = try RunFolder(folder.file("mini"))
        try run.save(10)
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
}
