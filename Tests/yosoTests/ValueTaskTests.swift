import Checkpoints
import Foundation
import Testing

/// Tasks of the user's own whose labels are numbers of any size.
@Suite struct ValueTaskTests {
    private let tool: CommandLineTool
    /// A word decides the price.
    private static let words = ["cat": 20.0, "mat": 60, "dog": 80]

    init() throws {
        tool = try CommandLineTool()
        try tool.writeText()
        // Of heads that a GPU has kernels for.
        let settings = ["model.width=32", "model.intermediate=64"].flatMap { ["--set", $0] }
        #expect(try tool.run(tool.pretraining(steps: 5, settings)).code == 0)
        for (name, factor, first) in [
            ("small", 1.0, 0), ("large", 65536, 0), ("years", 1.0 / 64, 2000), ("stamps", 1, 1.7e9), ("huge", 1e36, 0),
        ] {
            let rows = (0..<60).flatMap { row in
                Self.words.map { "the \($0.key) sat \(row % 7),\(first + ($0.value + Double(row % 5) / 4) * factor)\n" }
            }
            try tool.write("text,price\n" + rows.joined(), to: "\(name).csv")
            try tool.write(
                "kind: finetuning\nname: \(name)\nlength: 16\nepochs: 6\nbatch: 4 sequences\noptimizer:\n  rate: 5e-3\n"
                    + "task: { train: \(name).csv, text: text, label: price, kind: value }\n", to: "\(name).yaml")
        }
    }

    private func weights(_ run: String) throws -> (file: SafeTensorsFile, classifier: [Float]) {
        let file = try SafeTensorsFile(tool.file("Checkpoints/\(run)/best/model.safetensors"))
        return (file, try ["classifier.weight", "classifier.bias"].flatMap(file.floats))
    }

    /// What the saved numbers could not say is not learned, and what a shorter format could not, not written.
    @Test func valuesThatAFormatDoesNotTellApartAreRefused() throws {
        for (name, message) in [
            ("stamps", /labels deviate .*e\+09 are 128.0 apart; wanted labels with a constant subtracted from all/),
            ("huge", /labels deviate from their mean by 2.*e\+37; wanted 1e-30 to 1e30, in another unit/),
        ] {
            let refused = try tool.run("finetune", "\(name).yaml", "--checkpoint", "run/best")
            #expect(refused.code == 1 && refused.error.contains(message), "\(refused.error)")
            #expect(refused.error.hasPrefix("Error: \(name): its "))
        }
        let recipe = try String(contentsOf: tool.file("stamps.yaml"), encoding: .utf8)
        try tool.write(recipe.replacing("stamps", with: "same"), to: "same.yaml")
        try tool.write("text,price\n" + String(repeating: "the cat sat,3\n", count: 9), to: "same.csv")
        let same = try tool.run("finetune", "same.yaml", "--checkpoint", "run/best")
        #expect(
            same.code == 1 && same.error.contains("Error: same: all its labels are 3.0; wanted two values at least"))
        let years = try tool.run("finetune", "years.yaml", "--checkpoint", "run/best", "--set", "labelSmoothing=0.1")
        #expect(
            years.code == 0 && years.output.contains("note: labelSmoothing is 0.1, which is not applied to values\n"))
        let rounded = try tool.run("export", "Checkpoints/years", "--output", "out", "--precision", "bf16")
        let message = /classifier.bias would move by [\d.]+ in bf16, and values with it; choose another --precision/
        #expect(rounded.code == 1 && rounded.error.contains(message) && !tool.exists("out"), "\(rounded.error)")
        #expect(try tool.run("export", "Checkpoints/years", "--output", "out", "--precision", "fp32").code == 0)
    }

    @Test func pricesAreLearnedAsRatingsAre() throws {
        let score = try check(epochs: 6, { try tool.run($0) }, { try tool.start($0) })
        #expect(score > 95)
        for (value, price) in zip(try values("Checkpoints/small"), [20.5, 80.5]) { #expect(abs(value - price) < 8) }
    }

    /// What a run predicts of a cat and of a dog.
    private func values(_ run: String) throws -> [Double] {
        let predicted = try tool.run(["predict", "--checkpoint", run], input: "the cat sat 3\nthe dog sat 3\n").output
        let values = predicted.matches(of: /"score":([-\d.e]+)/).compactMap { Double($0.1) }
        #expect(values.count == 2, "\(predicted)")
        return values
    }

    /// Fewer epochs than learn them, of emulated steps; what they have learned is what the CPU has by then.
    @Test(.enabled(if: EmulatedDevice.folder != nil, EmulatedDevice.missing))
    func pricesHaveTheSameBitsOnAGPU() throws {
        let device = EmulatedDevice(tool)
        let cuda = ["--device", "cuda"]
        let score = try check(epochs: 2, { try device.run($0 + cuda) }, { try device.start($0 + cuda) })
        let cpu = try tool.run(
            "finetune", "small.yaml", "--checkpoint", "run/best", "--set", "epochs=2", "--output", "cpu")
        #expect(cpu.output.contains("dev pearson \(score)%"), "\(cpu.output)\(cpu.error)")
        for (value, wanted) in zip(try values("Checkpoints/small"), try values("cpu")) {
            #expect(abs(value - wanted) < 0.1, "\(value), of the CPU \(wanted)")
        }
    }

    /// - Returns: the score.
    private func check(
        epochs: Int, _ run: ([String]) throws -> CommandLineTool.Result,
        _ start: ([String]) throws -> (Process, URL, URL)
    ) throws -> Double {
        func arguments(_ name: String) -> [String] {
            ["finetune", "\(name).yaml", "--checkpoint", "run/best", "--set", "epochs=\(epochs)"]
        }
        func finetune(_ name: String) throws -> String {
            let run = try run(arguments(name))
            #expect(run.code == 0, "\(run.error)")
            return run.output
        }
        let small = try finetune("small")
        let score = try #require(small.firstMatch(of: /best: epoch \d+, dev pearson ([\d.]+)%/)?.1)
        // The same bits in other units.
        #expect(try finetune("large").contains("dev pearson \(score)%"))
        let (one, other) = (try weights("small"), try weights("large"))
        #expect(other.classifier == one.classifier.map { $0 * 65536 })
        let layer = "bert.encoder.layer.1.output.dense.weight"
        #expect(try other.file.floats(layer) == one.file.floats(layer))
        let last = String(format: "%06d", 41 * epochs)
        // A run that goes on from a step ends with the bits of one that never stopped.
        let stopped = arguments("small") + ["--output", "stopped"]
        let (process, _, _) = try start(stopped)
        while process.isRunning, !tool.exists("stopped/step-000041") { usleep(5000) }
        process.interrupt()
        process.waitUntilExit()
        let rest = try run(stopped)
        #expect(rest.code == 0 && rest.output.contains("continuing at step"), "\(rest.output)\(rest.error)")
        let again = try SafeTensorsFile(tool.file("stopped/step-\(last)/model.safetensors"))
        let straight = try SafeTensorsFile(tool.file("Checkpoints/small/step-\(last)/model.safetensors"))
        for name in ["classifier.weight", "classifier.bias", layer] {
            #expect(try again.floats(name) == straight.floats(name))
        }
        return try #require(Double(score))
    }
}
