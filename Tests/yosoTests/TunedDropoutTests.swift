import Checkpoints
import Foundation
import Testing

/// Dropout of an encoder while it is tuned.
@Suite struct TunedDropoutTests {
    @Test func itIsTheCheckpointsOrTheRecipes() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        func tuned(_ output: String, _ settings: String...) throws -> (HuggingFaceConfiguration, weights: Data) {
            let run = try tool.run(
                tool.finetuning(["--output", output] + settings.flatMap { ["--set", $0] }))
            #expect(run.code == 0, "\(run.error)")
            let weights = try Data(contentsOf: tool.file("\(output)/best/model.safetensors"))
            return (try HuggingFaceConfiguration(of: tool.file("\(output)/best")), weights)
        }
        let pretrained = try HuggingFaceConfiguration(of: tool.file("run/best"))
        let plain = try tuned("plain")
        #expect(plain.0.dropout == pretrained.dropout && plain.0.attentionDropout == pretrained.attentionDropout)
        // To drop as the checkpoint does changes no bit, and to drop more those of all.
        let same = try tuned("same", "dropout=\(pretrained.dropout)")
        #expect(same.weights == plain.weights)
        let more = try tuned("more", "dropout=0.3", "attentionDropout=0.2")
        #expect(Float(more.0.dropout) == 0.3 && Float(more.0.attentionDropout) == 0.2)
        #expect(more.weights != plain.weights)
        let other = try tool.run(tool.finetuning(["--output", "more", "--set", "dropout=0.2"]))
        #expect(other.code == 1 && other.error.contains("choose another --output"), "\(other.error)")
        let explained = try tool.run("explain", "Recipes/Finetuning/sst2.yaml").output
        #expect(explained.contains(/dropout +checkpoint/) && explained.contains(/attentionDropout +checkpoint/))
    }

    @Test func weightsThatAnAttentionDoesNotHaveAreNotDropped() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        #expect(try tool.run(tool.pretraining(steps: 2, ["--set", "model.attention=yoso"])).code == 0)
        let refused = try tool.run(tool.finetuning(["--set", "attentionDropout=0.1"]))
        #expect(refused.code == 1 && !tool.exists("tuned"))
        #expect(
            refused.error.contains(
                "attentionDropout is 0.1; the checkpoint's attention has no softmax weights to drop, wanted 0"))
        #expect(try tool.run(tool.finetuning(["--set", "dropout=0.1", "--set", "attentionDropout=0"])).code == 0)
    }
}
