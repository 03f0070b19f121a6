import Checkpoints
import Digests
import Foundation
import Testing

/// A budget of time, whose steps are planned while they run.
@Suite(.serialized) struct TimeBudgetTests {
    @Test func stepsThatAreDoneAgainFollowTheirPlan() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let settings = ["budget=4s", "checkpoints.keep=1000", "checkpoints.every=10 steps"]
        let command = tool.pretraining(steps: 1, settings.flatMap { ["--set", $0] })
        let start = ContinuousClock.now
        #expect(try tool.run(command).code == 0)
        // With the start of the process, on a machine that may be busy.
        #expect((.seconds(3)..<Duration.seconds(12)).contains(start.duration(to: .now)))
        let steps = try RunFolder(tool.file("run")).checkpointSteps
        let last = try #require(steps.last)
        let plan = try String(contentsOf: tool.file("run/plan.jsonl"), encoding: .utf8)
        #expect(
            plan.split(separator: "\n").last?.contains("\"step\":\(last),\"totalSteps\":\(last)") == true, "\(plan)")
        let weights = tool.file("run/\(RunFolder.checkpointName(last))/model.safetensors")
        let straight = try SHA256.hexadecimal(ofFile: weights)
        // What was saved took time too, and counts where the run goes on.
        let states = try steps.map { try RunState(of: tool.file("run/\(RunFolder.stateName($0))"), step: $0) }
        let passed = states.compactMap(\.secondsPassed)
        #expect(passed.count == steps.count && passed == passed.sorted(), "\(passed)")
        #expect(zip(passed, states).allSatisfy { $0 >= $1.seconds } && (passed.last ?? 0) > 3)
        // From the middle, and from the beginning.
        for kept in [steps.count / 2, 0] {
            for step in steps.dropFirst(kept) {
                try FileManager.default.removeItem(at: tool.file("run/\(RunFolder.checkpointName(step))"))
            }
            let again = try tool.run(command)
            #expect(again.code == 0, "\(again.error)")
            #expect(try SHA256.hexadecimal(ofFile: weights) == straight)
            #expect(try String(contentsOf: tool.file("run/plan.jsonl"), encoding: .utf8) == plan)
        }
    }
}
