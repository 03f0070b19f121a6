import Checkpoints
import Digests
import Foundation
import Testing

@testable import Experiments

/// Runs that are stopped and killed end as those that never were.
@Suite(.serialized) struct ResumeTests {
    private func weights(_ tool: CommandLineTool, _ output: String, _ step: Int) throws -> String {
        let folder = tool.file(output).appendingPathComponent(RunFolder.checkpointName(step))
        return try SHA256.hexadecimal(ofFile: folder.appendingPathComponent("model.safetensors"))
    }

    /// Of a run that takes seconds even where saving is quick, so that it is killed several times.
    private static let steps = 200

    @Test func killedAtRandomMomentsAlsoWhileSaving() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        // A checkpoint every other step, so that many of the kills fall into saving.
        let often = ["--set", "checkpoints.every=2 steps"]
        #expect(try tool.run(tool.pretraining(steps: Self.steps, output: "straight", often)).code == 0)
        var (kills, attempts) = (0, 0)
        var generator = SystemRandomNumberGenerator()
        while attempts < 60 {
            attempts += 1
            let (process, _, error) = try tool.start(tool.pretraining(steps: Self.steps, output: "killed", often))
            usleep(UInt32.random(in: 50_000...900_000, using: &generator))
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
            guard process.terminationReason == .uncaughtSignal else {
                let text = try String(contentsOf: error, encoding: .utf8)
                #expect(process.terminationStatus == 0, "\(text)")
                break
            }
            kills += 1
        }
        let finish = try tool.run(tool.pretraining(steps: Self.steps, output: "killed", often))
        #expect(finish.code == 0, "\(finish.error)")
        #expect(kills > 0, "nothing was killed; the run is too short for this machine")
        #expect(try weights(tool, "killed", Self.steps) == weights(tool, "straight", Self.steps))
        let logs = try ["killed", "straight"].map { run in
            try String(contentsOf: tool.file("\(run)/metrics.jsonl"), encoding: .utf8)
                .matches(of: /"loss":([0-9.e-]+)/).map { String($0.1) }
        }
        #expect(logs[0] == logs[1] && logs[0].count == Self.steps)
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalSavesAndLeaves(signal: Int32) throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let (process, output, _) = try tool.start(tool.pretraining(steps: 100_000))
        while process.isRunning, !tool.exists("run/step-000005") { usleep(5000) }
        kill(process.processIdentifier, signal)
        // As `timeout` does, which tells the command and its process group.
        usleep(1000)
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        let text = try String(contentsOf: output, encoding: .utf8)
        let found = try #require(text.firstMatch(of: /stopped at step (\d+); the same command continues from there/)?.1)
        let step = try #require(Int(found))
        #expect(tool.exists("run/\(RunFolder.stateName(step))/state.json"))
        // A report of a run that had ended tells nothing of one that goes on.
        try tool.write(#"{"score":1}"#, to: "run/report.json")
        let (next, _, _) = try tool.start(tool.pretraining(steps: 100_000))
        while next.isRunning, tool.exists("run/report.json") { usleep(5000) }
        next.interrupt()
        next.waitUntilExit()
        #expect(!tool.exists("run/report.json"))
        #expect(try tool.run("runs", ".").output.contains(/run +interrupted/))
    }

    /// All of it for as long as it takes would be a minute.
    @Test func aDemonstrationThatWasStoppedGoesOn() throws {
        let tool = try CommandLineTool()
        let log = tool.file("demo/pretraining/metrics.jsonl")
        func length() -> Int { (try? Data(contentsOf: log).count) ?? 0 }
        var steps = [0]
        for _ in 0..<2 {
            let before = length()
            let (process, output, _) = try tool.start(["demo", "--output", "demo"])
            while process.isRunning, length() <= before { usleep(5000) }
            process.terminate()
            process.waitUntilExit()
            let text = try String(contentsOf: output, encoding: .utf8)
            let found = try #require(
                text.firstMatch(of: /stopped at step (\d+); the same command continues/)?.1, "\(text)")
            steps.append(try #require(Int(found)))
        }
        #expect(steps[2] > steps[1])
        let refused = try tool.run(
            "finetune", "--task", "sst2", "--checkpoint", "demo/pretraining", "--output", "demo/pretraining")
        #expect(
            refused.code == 1
                && refused.error
                    == "Error: demo/pretraining: holds a pretraining, and this is a fine-tuning; choose another --output\n",
            "\(refused.error)")
    }

    /// Of a run that has ended it stays what the run had.
    @Test func aRunThatHasEndedKeepsItsRecipe() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let recipe = try Data(contentsOf: tool.file("run/recipe.yaml"))
        let again = try tool.run(tool.pretraining(steps: 2, ["--set", "threads=2", "--set", "checkpoints.keep=7"]))
        #expect(again.code == 0, "\(again.error)")
        #expect(try Data(contentsOf: tool.file("run/recipe.yaml")) == recipe)
        try FileManager.default.removeItem(at: tool.file("run/recipe.yaml"))
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0 && tool.exists("run/recipe.yaml"))
    }

    @Test func verifyResumeRefusesTwoArithmetics() throws {
        try ResumeError.checkArithmetics(["Haswell, AVX2", "Haswell, AVX2"])
        try ResumeError.check(straight: "a", killed: "a")
        let differs = #expect(throws: ResumeError.self) { try ResumeError.check(straight: "a", killed: "b") }
        #expect(differs?.description == "the weights differ: resuming changed the result")
        let error = #expect(throws: ResumeError.self) {
            try ResumeError.checkArithmetics(["SkylakeX, AVX-512", "Haswell, AVX2", "SkylakeX, AVX-512"])
        }
        #expect(error?.description == "the runs were computed by Haswell, AVX2 and by SkylakeX, AVX-512; wanted one")
    }

    /// Of replaced tokens much is kept beside the model that is saved.
    @Test(arguments: ["maskedWords", "replacedTokens"]) func verifyResumeProvesIt(objective: String) throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let settings = tool.pretraining(steps: 1).dropFirst(6).filter {
            !$0.hasPrefix("budget") && !$0.hasPrefix("checkpoints")
        }
        let values = settings.filter { $0 != "--set" }.flatMap { ["--set", $0] }
        let result = try tool.run(
            ["verify-resume", "Recipes/Pretraining/tiny.yaml", "--at", "20", "--data", "text"] + values
                + ["--set", "objective=\(objective)"])
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("killed with -9 after step 20"))
        #expect(result.output.contains("the weights are the same bits"))
    }
}
