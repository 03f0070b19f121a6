import Checkpoints
import Foundation
import Testing

@testable import Training

@Suite struct TimePlanTests {
    private func options(_ budget: Budget) -> PretrainingOptions {
        PretrainingOptions(batch: .sequences(1), budget: budget, evaluation: EvaluationOptions { $0.every = 50 })
    }

    /// Seconds that a run of 100 takes whose steps cost what `step` says of the seconds passed, from a first plan.
    private func seconds(planned: Int, evaluation: Double = 1, from start: Double = 0, _ step: (Double) -> Double)
        -> Double
    {
        var (seconds, done, total) = (start, 0, planned)
        guard var plan = TimePlan(options(.seconds(100)), step: done, of: total, seconds: seconds) else { return 0 }
        while done < total {
            seconds += step(seconds)
            done += 1
            total = plan.steps(after: done, seconds: seconds) ?? total
            if done % 50 == 0 || done == total {
                seconds += evaluation
                plan.noteEvaluation(seconds: evaluation)
            }
        }
        return seconds
    }

    @Test func aRunEndsWhenItsTimeDoes() {
        // As planned; planned twice too many and too few; slower and faster from the middle on; steps of seconds.
        for planned in [830, 1600, 400] {
            #expect((95...105).contains(seconds(planned: planned) { _ in 0.1 }))
            #expect((95...105).contains(seconds(planned: planned) { $0 < 40 ? 0.1 : 0.2 }))
            #expect((95...105).contains(seconds(planned: planned) { $0 < 60 ? 0.2 : 0.05 }))
        }
        #expect((95...105).contains(seconds(planned: 25, evaluation: 3) { _ in 4 }))
        #expect((95...105).contains(seconds(planned: 400, from: 55) { _ in 0.1 }))
    }

    /// Evaluations are planned by themselves, and are no part of what a step takes.
    @Test func whatEvaluationsTakeIsNotThatOfSteps() throws {
        var plan = try #require(TimePlan(options(.seconds(100)), step: 0, of: 1000, seconds: 0))
        plan.noteEvaluation(seconds: 8)
        // Of 85 seconds the last evaluation takes 8, and a step 0.1 with 0.16 of every fiftieth's: 296 more of them.
        let total = plan.steps(after: 70, seconds: 15) ?? 0
        #expect((365...367).contains(total), "\(total)")
    }

    /// Steps that a killed process did, behind its last plan and the checkpoint, are done again by that plan.
    @Test func nothingIsPlannedAmongStepsThatWereDone() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        let options = options(.seconds(100))
        func plan() throws -> RecordedPlan {
            try #require(try RecordedPlan(options.budget, RunFolder(url), options: "a") { Issue.record("\($0)") })
        }
        var first = try plan()
        try first.begin(options, step: 0, of: 1000, seconds: 0)
        try Data("{\"kind\":\"step\",\"step\":450}\n".utf8).write(to: url.appendingPathComponent(RunFolder.logName))
        var second = try plan()
        #expect(second.first == 1000)
        try second.begin(options, step: 100, of: 1000, seconds: 10)
        #expect(try (101...200).allSatisfy { try second.steps(after: $0, of: 1000, seconds: 60) == 1000 })
        // That one is killed before it is where the first was.
        try Data("{\"kind\":\"step\",\"step\":200}\n".utf8).write(to: url.appendingPathComponent(RunFolder.logName))
        var third = try plan()
        try third.begin(options, step: 100, of: 1000, seconds: 10)
        #expect(try (101...450).allSatisfy { try third.steps(after: $0, of: 1000, seconds: 60) == 1000 })
        #expect(try third.steps(after: 451, of: 1000, seconds: 60) != 1000)
    }

    @Test func onlyTimeIsPlannedAgain() {
        #expect(TimePlan(options(.steps(5)), step: 0, of: 5, seconds: 0) == nil)
        #expect(TimePlan(options(.tokens(5)), step: 0, of: 5, seconds: 0) == nil)
    }
}
