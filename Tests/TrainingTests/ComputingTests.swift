import Checkpoints
import Tensors
import Testing

@testable import Training

/// What computes, by what is asked for.
@Suite struct ComputingTests {
    @Test func severalProcessesTakeNoGPU() {
        let results = ThreadRanks.run(2) { ranks in
            DeviceChoice.allCases.map { choice in
                do {
                    let computing = try Computing(choice, .fp32, unless: nil, ranks: ranks)
                    return computing.device == nil ? "CPU" : "GPU"
                } catch { return "\(error)" }
            }
        }
        let refused = "a GPU takes one process, and these are 2; wanted --device cpu"
        #expect(results == [["CPU", refused, "CPU"], ["CPU", refused, "CPU"]])
    }

    @Test func whatNoGPUComputesIsTheCPUs() throws {
        let problem = DeviceProblem("model.attention", "model.attention: linear runs on the CPU only")
        #expect(try Computing(.auto, .fp32, unless: problem).device == nil)
        #expect(try Computing(nil, .fp32, unless: problem).note == nil)
        let error = #expect(throws: TrainingError.self) { try Computing(.cuda, .fp32, unless: problem) }
        #expect(error == .device(problem.text))
    }

    @Test(.enabled(if: !Precision.bf16.isAvailable, "this CPU computes in bf16"))
    func whatNoGPUComputesInBf16IsRefusedWithoutIt() {
        let problem = DeviceProblem("model.attention", "model.attention: linear runs on the CPU only")
        #expect(throws: TrainingError.self) { try Computing(.auto, .bf16, unless: problem) }
    }

    /// Plans of steps in a budget of time are found by it, also those that earlier programs wrote.
    @Test func theDigestOfAnIdentityIsThatOfEarlierPrograms() {
        let earlier = ["seed": "1", "text": "a"]
        let now = earlier.merging([RunState.textOrder: "b", RunState.devRows: "c", RunState.heldOut: "8"]) { $1 }
        #expect(RunIdentity.digest(of: now) == RunIdentity.digest(of: earlier))
        #expect(RunIdentity.digest(of: now) != RunIdentity.digest(of: now.merging(["seed": "2"]) { $1 }))
    }

    /// Where a run may go on is no part of what it is.
    @Test func theDeviceIsNoPartOfTheIdentity() {
        var (here, there) = (TinyRun.options(threads: 1), TinyRun.options(threads: 1))
        (there.device, there.deviceTokens) = (.cuda, 512)
        #expect(here.identity == there.identity)
        here.microBatchTokens = 512
        #expect(here.identity != there.identity)
    }
}
