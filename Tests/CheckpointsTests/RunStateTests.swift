import Checkpoints
import Foundation
import Testing

@Suite struct RunStateTests {
    private func state() -> RunState {
        var state = RunState(totalSteps: 100, identity: ["seed": "1"], arithmetic: "a")
        state.step = 5
        return state
    }

    @Test func itRoundTripsExactly() throws {
        let folder = try TemporaryFolder()
        var state = state()
        state.seconds = 0.1 + 0.2
        let notes = [state.note(score: -2.5), state.note(score: -2.5)]
        #expect(notes == [true, false])
        try state.write(to: folder.url)
        #expect(try RunState(of: folder.url, step: 5) == state)
    }

    /// What patience counts from: of an earlier program by the steps of its epochs, three each.
    @Test func theEpochsBeforeTheBestAreRemembered() {
        for (step, epoch) in [(3, 1), (4, 1), (5, 1), (6, 2)] {
            var state = state()
            (state.step, state.epoch) = (step, epoch)
            #expect(state.note(score: 1) && state.bestEpoch == epoch)
            (state.step, state.epoch, state.bestEpoch) = (12, 4, nil)
            state.completeBestEpoch { epochs in (1...epochs).map { 3 * $0 } }
            #expect(state.bestEpoch == epoch)
        }
    }

    /// As many as the largest budget has.
    @Test func whatABudgetHasIsReadBack() throws {
        let folder = try TemporaryFolder()
        var state = RunState(totalSteps: 999_999_999_999_999, identity: [:], arithmetic: "a")
        state.step = 5
        try state.write(to: folder.url)
        #expect(try RunState(of: folder.url, step: 5) == state)
    }

    @Test func everyKeyThatDiffersIsNamed() {
        let digests = ["12345678", "9abcdef0"].map { $0 + String(repeating: "0", count: 56) }
        let begun = RunState(
            totalSteps: 1, identity: ["seed": "1", "text": digests[0], "same": "x", "gone": "y"], arithmetic: "a")
        #expect(
            begun.differences(from: ["seed": "9", "text": digests[1], "same": "x"])
                == ["gone y, now unset", "seed 1, now 9", "text 12345678…, now 9abcdef0…"])
    }

    /// What earlier programs did not note is no difference; what they noted is.
    @Test func aRunOfAnEarlierProgramGoesOn() {
        let now = ["seed": "1", RunState.textOrder: "a", RunState.devRows: "b", RunState.heldOut: "8"]
        #expect(RunState(totalSteps: 1, identity: ["seed": "1"], arithmetic: "a").differences(from: now).isEmpty)
        let begun = RunState(totalSteps: 1, identity: now, arithmetic: "a")
        #expect(
            begun.differences(from: now.merging([RunState.textOrder: "c"]) { $1 }) == ["textOrder a, now c"])
        #expect(
            begun.differences(from: now.merging([RunState.heldOut: "9"]) { $1 }) == ["evaluation.sequences 8, now 9"])
        #expect(begun.differences(from: ["seed": "1"]).count == 3)
        // What was so before there was a key has a name, and a way on.
        #expect(
            begun.differences(from: now.merging(["examples.pairEnds": "words"]) { $1 }) == [
                "examples.pairEnds anywhere (as all were then: --set examples.pairEnds=anywhere goes on), now words"
            ])
    }

    @Test(arguments: [
        (\RunState.index, -1, "index is -1; wanted 0 to 1099511627776"),
        (\RunState.index, 1 << 62, "index is 4611686018427387904; wanted 0 to 1099511627776"),
        (\RunState.epoch, -1, "epoch is -1; wanted 0 to 2147483648"),
        (\RunState.tokens, Int.max, "tokens is 9223372036854775807; wanted 0 to 72057594037927936"),
        (\RunState.step, 6, "step is 6; wanted 5"),
        (\RunState.step, 0, "step is 0; wanted 1 to 1099511627776"),
        (\RunState.totalSteps, 4, "totalSteps is 4; wanted 5 to 1125899906842624"),
        (\RunState.format, 1, "format is 1; wanted 2"),
    ])
    func whatNoRunWritesIsRefused(key: WritableKeyPath<RunState, Int> & Sendable, value: Int, problem: String) throws {
        let folder = try TemporaryFolder()
        var state = state()
        state[keyPath: key] = value
        try state.write(to: folder.url)
        #expect(message(in: folder.url) { _ = try RunState(of: folder.url, step: 5) } == "state.json: \(problem)")
    }

    @Test func timesThatNoRunTookAreRefused() throws {
        let folder = try TemporaryFolder()
        for (seconds, passed, problem) in [
            (-1.0, 1.0, "seconds is -1.0"), (1, -1e300, "secondsPassed is -1e+300"),
            (1, 1e300, "secondsPassed is 1e+300"),
        ] {
            var state = state()
            (state.seconds, state.secondsPassed) = (seconds, passed)
            try state.write(to: folder.url)
            #expect(
                message(in: folder.url) { _ = try RunState(of: folder.url, step: 5) }
                    == "state.json: \(problem); wanted 0.0 to 1000000000000.0")
        }
    }

    @Test func bestsAndSizesThatNoRunHadAreRefused() throws {
        let folder = try TemporaryFolder()
        let changes: [((inout RunState) -> Void, String)] = [
            ({ $0.bestStep = 0 }, "bestStep is 0; wanted 1 to 5"),
            ({ $0.bestStep = 6 }, "bestStep is 6; wanted 1 to 5"),
            ({ $0.bestEpoch = -1 }, "bestEpoch is -1; wanted 0 to 0"),
            ({ $0.bestEpoch = 1 }, "bestEpoch is 1; wanted 0 to 0"),
            ({ $0.peakBytes = -1 }, "peakBytes is -1; wanted 0 to 72057594037927936"),
            (
                {
                    $0.add(seconds: 0, cores: 1); $0.add(seconds: -1, cores: 1); $0.seconds = 0
                }, "coreSeconds is -1.0; wanted 0.0 to 1e+16"
            ),
        ]
        for (change, problem) in changes {
            var state = state()
            change(&state)
            try state.write(to: folder.url)
            #expect(message(in: folder.url) { _ = try RunState(of: folder.url, step: 5) } == "state.json: \(problem)")
        }
    }

    @Test func anExampleBehindTheEpochIsRefused() throws {
        let folder = try TemporaryFolder()
        var state = state()
        (state.epoch, state.index) = (2, 41)
        func message(epochs: Int, _ examples: Int) -> String? {
            CheckpointsTests.message(in: folder.url) {
                try state.check(epochs: epochs, examples: { _ in examples }, folder.url)
            }
        }
        #expect(message(epochs: 3, 41) == nil)
        #expect(message(epochs: 3, 40) == "state.json: index is 41; wanted 0 to 40")
        #expect(message(epochs: 2, 41) == "state.json: index is 41; wanted 0 to 0")
        #expect(message(epochs: 1, 41) == "state.json: epoch is 2; wanted 0 to 1")
    }
}
