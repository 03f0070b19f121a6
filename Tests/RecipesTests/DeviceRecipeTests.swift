import Testing

@testable import Recipes

/// What no GPU runs is refused where a recipe asks for one, in the line that says it.
@Suite struct DeviceRecipeTests {
    private func problem(_ changes: [(String, String)] = [], _ more: String = "device: cuda\n") -> String? {
        let text = changes.reduce(rightRecipe) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        // Of several lines the first says where and what.
        return problems(text + more).map { String($0.prefix { $0 != "\n" }) }
    }

    @Test func whatAGPURunsIsAccepted() {
        #expect(problem() == nil)
        // Whatever this CPU has.
        #expect(problem([], "device: cuda\nprecision: bf16\n") == nil)
        #expect(problem([("heads: 2", "heads: 4")]) == nil)
        #expect(problem([("heads: 2", "heads: 2\n  attention: linear")]) == nil)
        #expect(problem([], "device: cuda\nobjective: replacedTokens\n") == nil)
    }

    @Test func whatNoneRunsIsRefusedByItsLine() {
        #expect(
            problem([("heads: 2", "heads: 16")])
                == "x.yaml:13:9: model.attention: a GPU has softmax for heads of 16, 32, 64 or 128 columns, not of 8; wanted device: cpu"
        )
        #expect(
            problem([("heads: 2", "heads: 2\n  attention: performer")])
                == "x.yaml:8:14: model.attention: performer runs on the CPU only; wanted device: cpu")
        #expect(
            problem([("intermediate: 512", "intermediate: 520")], "device: cuda\nobjective: replacedTokens\n")
                == "x.yaml:13:9: generator.width makes a generator 64 wide, 260 within its blocks; a GPU takes multiples of 8; wanted device: cpu"
        )
        // The generator has the encoder's attention, of which alone there is something to say.
        let both = problems(
            rightRecipe.replacingOccurrences(of: "heads: 2", with: "heads: 2\n  attention: mra")
                + "device: cuda\nobjective: replacedTokens\n")
        #expect(both?.contains("mra runs on the CPU only") == true && both?.contains("generator.width") == false)
        #expect(
            problem([("heads: 2", "heads: 2\n  attention: yoso\n  positions: 70000")])
                == "x.yaml:8:14: model.attention: a GPU takes sequences of at most 65536 tokens, not 70000; wanted device: cpu"
        )
        #expect(
            problem([("intermediate: 512", "intermediate: 500")])
                == "x.yaml:6:10: model.width is 128 and model.intermediate 500; a GPU takes multiples of 8; wanted device: cpu"
        )
        #expect(
            problem([], "device: cuda\nshards: 2\n") == "x.yaml:14:9: shards is 2; a GPU takes 1; wanted device: cpu")
        #expect(
            problem([], "device: cuda\nwire: bf16\n")
                == "x.yaml:14:7: wire is bf16; a GPU has no ranks to send gradients to; wanted device: cpu")
        #expect(
            problem([], "device: gpu\n")?.hasPrefix("x.yaml:13:9: device is 'gpu'; wanted cpu, cuda or auto") == true)
    }

    @Test func aWireWantsShards() {
        #expect(
            problem([], "wire: bf16\n")
                == "x.yaml:13:7: wire is bf16, but shards is 1 and no gradients travel; wanted at least 2 shards, or wire: fp32"
        )
        #expect(problem([], "wire: bf16\nshards: 2\n") == nil)
        #expect(problem([], "wire: fp16\nshards: 2\n") == "x.yaml:13:7: wire is 'fp16'; wanted fp32 or bf16")
    }

    @Test func theCPUTakesItAll() {
        for device in ["cpu", "auto"] {
            #expect(
                problem([("heads: 2", "heads: 16\n  attention: performer")], "device: \(device)\nshards: 2\n") == nil)
        }
    }
}
