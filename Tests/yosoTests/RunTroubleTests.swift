import Checkpoints
import Foundation
import Testing

/// Runs that cannot go on: their checkpoints can.
@Suite(.serialized) struct RunTroubleTests {
    @Test func aLossThatIsNoNumberStopsAndNamesTheLastCheckpoint() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let (process, _, _) = try tool.start(tool.pretraining(steps: 100_000))
        while process.isRunning, !tool.exists("run/step-000005") { usleep(5000) }
        process.interrupt()
        process.waitUntilExit()
        let last = try #require(try RunFolder(tool.file("run")).checkpointSteps.last)
        let name = "run/\(RunFolder.checkpointName(last))"
        let weights = try Data(contentsOf: tool.file("\(name)/model.safetensors"))
        // The last weights, with sums of their own: each a NaN, and each the largest finite number.
        func forge(_ pattern: [UInt8]) throws {
            let numbers = Data((0..<100).flatMap { _ in pattern })
            try tool.forge("\(name)/model.safetensors", weights.dropLast(numbers.count) + numbers)
        }
        try forge([0xFF, 0xFF, 0xFF, 0xFF])
        let refused = try tool.run(tool.pretraining(steps: 100_000))
        let line = /Error: run.*safetensors: \S+ holds values that are no finite numbers; wanted a model .*\n/
        #expect(refused.code == 1 && refused.error.contains(line), "\(refused.error)")
        try forge([0xFF, 0xFF, 0x7F, 0x7F])
        let result = try tool.run(tool.pretraining(steps: 100_000))
        #expect(result.code == 1)
        #expect(
            result.error.contains(
                "Error: step \(last + 1): the loss is nan; gradient norms: embeddings nan, layer 0 nan"))
        #expect(result.error.contains("the last good checkpoint is \(name); try a lower optimizer.rate"))
        #expect(tool.exists("run/\(RunFolder.stateName(last))/state.json"))
    }

    /// A finite loss whose exponential is none.
    @Test func aPerplexityThatOverflowsIsADivergence() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let settings = [
            "optimizer.rate=10", "optimizer.clip=0", "schedule.shape=constant", "evaluation.every=1 steps",
            "model.initializerRange=1",
        ]
        let result = try tool.run(tool.pretraining(steps: 500, settings.flatMap { ["--set", $0] }))
        #expect(result.code == 1)
        let line = /Error: step \d+: the loss is [\d.]+; the last good checkpoint is run\/step-\d+; try a lower .*\n/
        #expect(result.error.contains(line), "\(result.error)")
    }

    /// A file system of a few megabytes; needs root, as CI has.
    @Test(.enabled(if: getuid() == 0, "mounting a small file system needs root"))
    func aFullDiskWhileSaving() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let disk = tool.file("disk")
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
        guard mount("tmpfs", disk.path, "tmpfs", 0, "size=1300k") == 0 else {
            try Test.cancel("tmpfs cannot be mounted here: \(String(cString: strerror(errno)))")
        }
        defer { umount(disk.path) }
        let result = try tool.run(tool.pretraining(steps: 60, output: "disk/run", ["--set", "checkpoints.keep=9"]))
        #expect(result.code == 1)
        #expect(result.error.contains("disk full"), "\(result.error)")
        let run = try RunFolder(disk.appendingPathComponent("run"))
        #expect(try run.latestStep { _ in } != nil)
    }

    /// A folder that a group shares: its members go on with one another's runs and tokens.
    @Test func filesHaveTheModeThatTheUsersMaskLeaves() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let result = try tool.run(
            ["-c", "chmod 664 text/*; umask 002; exec \"$0\" \"$@\"", try CommandLineTool.executable().path]
                + tool.pretraining(steps: 5), executable: URL(fileURLWithPath: "/bin/sh"))
        #expect(result.code == 0, "\(result.error)")
        for folder in ["run", "Checkpoints/tokens"] {
            let names = try FileManager.default.subpathsOfDirectory(atPath: tool.file(folder).path)
            #expect(!names.isEmpty)
            for name in names {
                let facts = try FileManager.default.attributesOfItem(atPath: tool.file("\(folder)/\(name)").path)
                guard facts[.type] as? FileAttributeType == .typeRegular else { continue }
                let mode = (facts[.posixPermissions] as? NSNumber)?.intValue ?? 0
                #expect(mode & 0o060 == 0o060, "\(folder)/\(name): \(String(mode, radix: 8))")
            }
        }
    }
}
