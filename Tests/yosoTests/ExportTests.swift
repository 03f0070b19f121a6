import Checkpoints
import Foundation
import Testing

/// `yoso export` of runs: what the card tells, and that every command takes the folder for a checkpoint.
@Suite struct ExportTests {
    private func card(_ folder: String, _ tool: CommandLineTool) throws -> String {
        try String(contentsOf: tool.file("\(folder)/README.md"), encoding: .utf8)
    }

    @Test func aPretrainedModelIsUsedFromItsFolder() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        for precision in ["bf16", "fp16", "fp32"] {
            let export = try tool.run("export", "run", "--output", "hub/\(precision)", "--precision", precision)
            #expect(export.code == 0 && export.output.isEmpty, "\(export.error)")
        }
        let card = try card("hub/bf16", tool)
        for part in [
            "pipeline_tag: fill-mask", "library_name: transformers", "license: unknown", "# tiny\n",
            "| data | `text`; ",
            "| steps | 2 |", "| seed | 1 |", "Held-out text with ", "perplexity",
            "of float32 weights; of the same rounded to bf16",
            "budget: 2 steps", "| computed by | OpenBLAS ",
        ] { #expect(card.contains(part), "\(part): \(card)") }
        // Of as many threads as there are cores.
        #expect(
            card.contains("threads: 0") && card.contains(/\| time \| [0-9:]+, 0\.[0-9]{4} core-hours \|/),
            "\(card)")
        let fill = try tool.run("fill", "the [MASK] sat", "--checkpoint", "hub/bf16")
        #expect(fill.code == 0 && fill.error.isEmpty, "\(fill.error)")
        let embed = ["embed", "--checkpoint", "hub/fp32"]
        let vector = try tool.run(embed, input: "a cat\n").output
        #expect(try !vector.isEmpty && vector == tool.run(["embed", "--checkpoint", "run"], input: "a cat\n").output)
        let known = try self.card("hub/fp16", tool).replacing("license: unknown", with: "license: mit")
        try tool.write(known, to: "hub/fp16/README.md")
        let tuning = try tool.run(tool.finetuning(["--checkpoint", "hub/fp16"]))
        #expect(tuning.code == 0, "\(tuning.error)")
        let tuned = try tool.run("export", "tuned", "--output", "hub/tuned")
        #expect(tuned.code == 0, "\(tuned.error)")
        let predicted = try tool.run(["predict", "--checkpoint", "hub/tuned"], input: "fine\n")
        #expect(predicted.code == 0 && predicted.output.hasPrefix("{\"label\":"), "\(predicted.error)")
        let tunedCard = try self.card("hub/tuned", tool)
        #expect(tunedCard.contains("It began from the weights of `hub/fp16`, licensed as `mit`, of which the card"))
        #expect(tunedCard.contains("The epoch was chosen by the score") && !tunedCard.contains("settings were chosen"))
        // The last epoch was taken as it was; hidden states have no head, and no scores of one.
        let last = try tool.run(tool.finetuning(["--set", "selection=last", "--output", "last"]))
        #expect(last.code == 0, "\(last.error)")
        #expect(try tool.run("export", "last", "--output", "hub/last").code == 0)
        #expect(try !self.card("hub/last", tool).contains("chosen by the score"))
        let states = try tool.run("export", "last", "--format", "onnx", "--hidden-states", "--output", "hub/states")
        #expect(states.code == 0, "\(states.error)")
        let statesCard = try self.card("hub/states", tool)
        #expect(statesCard.contains("An encoder of text with no head: ") && !statesCard.contains("model-index"))
    }

    @Test func aFineTunedModelTellsOfItsSeedsAndItsPretraining() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let seeds = try tool.run(tool.finetuning(["--seeds", "2"]))
        #expect(seeds.code == 0, "\(seeds.error)")
        #expect(try tool.run("export", "tuned", "--output", "hub").code == 0)
        let card = try card("hub", tool)
        for part in [
            "pipeline_tag: text-classification", "- nyu-mll/glue", "config: sst2", "    - type: accuracy",
            "| task | SST-2 |",
            "The pretraining that it began from:", "## Recipe of the pretraining",
            "By no published protocol, settings `",
            "Of 2 seeds: median ", "Not all official rows: SST-2: 2 of 872 dev rows.",
            "Held-out text of the pretraining with ",
        ] { #expect(card.contains(part), "\(part): \(card)") }
        // Not of the whole dev set, which the hub must not take it for.
        #expect(card.contains("name: \"GLUE SST-2 (SST-2: 2 of 872 dev rows)\"") && !card.contains("split: validation"))
        // What is damaged is not unknown.
        let run = tool.file("tuned/best").resolvingSymlinksInPath().deletingLastPathComponent()
        let (log, recipe) = (run.appendingPathComponent("metrics.jsonl"), run.appendingPathComponent("recipe.yaml"))
        let (whole, text) = (try Data(contentsOf: log), try Data(contentsOf: recipe))
        try whole.prefix(whole.count / 2).write(to: log)
        let cut = try tool.run("export", "tuned", "--output", "cut")
        #expect(cut.code == 1 && cut.error.contains("metrics.jsonl: damaged: it ends at step "), "\(cut.error)")
        try whole.write(to: log)
        try Data("{{{".utf8).write(to: recipe)
        let torn = try tool.run("export", "tuned", "--output", "cut")
        #expect(torn.code == 1 && torn.error.contains("recipe.yaml: damaged: no recipe"), "\(torn.error)")
        try text.write(to: recipe)
        // Of somebody else's checkpoint, which names a run of ours and of its weights two digits or none, nothing is told of that.
        let best = tool.file("tuned/best").resolvingSymlinksInPath()
        let (config, sums) = (best.appendingPathComponent("config.json"), best.appendingPathComponent("checksums.json"))
        let (own, digests) = (try String(contentsOf: config, encoding: .utf8), try Data(contentsOf: sums))
        try FileManager.default.removeItem(at: sums)
        for kept in ["", "$2"] {
            let foreign = own.replacingOccurrences(
                of: "(\"weights\" ?: ?\")([0-9a-f]{2})[0-9a-f]{10}", with: "$1\(kept)", options: .regularExpression)
            #expect(foreign != own)
            try Data(foreign.utf8).write(to: config)
            #expect(try tool.run("export", "tuned", "--output", "foreign\(kept.count)").code == 0)
            let card = try self.card("foreign\(kept.count)", tool)
            #expect(card.contains("`run/best` has not those weights any more."))
            #expect(!card.contains("## Recipe of the pretraining"))
        }
        try Data(own.utf8).write(to: config)
        try digests.write(to: sums)
        // A copy of the checkpoint alone does not know.
        try FileManager.default.copyItem(at: tool.file("tuned/best").resolvingSymlinksInPath(), to: tool.file("copy"))
        #expect(try tool.run("export", "copy", "--output", "again").code == 0)
        let again = try self.card("again", tool)
        #expect(again.contains("Unknown: the checkpoint stands in no folder of a run. It was fine-tuned from weights"))
        #expect(!again.contains("model-index"))
    }

    @Test func anOnnxFileComesWithItsTokenizer() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let export = try tool.run("export", "run", "--output", "onnx", "--format", "onnx", "--hidden-states")
        #expect(export.code == 0, "\(export.error)")
        #expect(try card("onnx", tool).contains("`last_hidden_state` is [batch, length, 16]"))
        #expect(
            tool.exists("onnx/model.onnx") && tool.exists("onnx/tokenizer.json")
                && !tool.exists("onnx/model.safetensors"))
        let fill = try tool.run("fill", "the [MASK] sat", "--checkpoint", "onnx")
        #expect(fill.code == 1 && fill.error == "Error: onnx/model.safetensors: no such file\n", "\(fill.error)")
        for (more, message) in [
            (
                ["--format", "onnx", "--precision", "bf16"],
                "--precision bf16: wanted fp32, which an ONNX file is written in"
            ),
            (["--hidden-states"], "--hidden-states: wanted --format onnx; safetensors hold a model whole"),
        ] {
            let refused = try tool.run(["export", "run", "--output", "other"] + more)
            #expect(refused.code == 64 && refused.error.hasPrefix("Error: \(message)\n"), "\(refused.error)")
        }
        let again = try tool.run("export", "run", "--output", "onnx")
        #expect(again.code == 1, "\(again.error)")
        #expect(again.error == "Error: onnx: is there already, and nothing is overwritten; choose another --output\n")
        #expect(!tool.exists("other"))
    }
}
