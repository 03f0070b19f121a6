import Checkpoints
import Foundation
import Testing

/// Checkpoints that no pretraining begins with.
@Suite struct RefusedStartTests {
    /// What cannot be told from a model that diverged is none to begin with.
    @Test func weightsThatAreNoNumbersAreRefused() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let file = tool.file("run/best/model.safetensors")
        var weights = try Data(contentsOf: file)
        // The last position, which no text here is long enough for; all bits set are NaN.
        let header = 8 + weights[..<8].reversed().reduce(0) { 256 * $0 + Int($1) }
        let text = String(decoding: weights[8..<header], as: UTF8.self)
        let end = try #require(
            text.firstMatch(of: /"bert.embeddings.position_embeddings.weight":\{[^}]*"data_offsets":\[\d+,(\d+)\]/))
        let last = header + (Int(end.1) ?? 0)
        weights.replaceSubrange(last - 4..<last, with: [0xFF, 0xFF, 0xFF, 0xFF])
        try weights.write(to: file)
        try FileManager.default.removeItem(at: tool.file("run/best/checksums.json"))
        for command in [tool.pretraining(steps: 1, output: "other", ["--checkpoint", "run/best"]), tool.finetuning()] {
            let result = try tool.run(command)
            #expect(
                result.code == 1 && result.error.contains("holds values that are no finite numbers"), "\(result.error)")
        }
    }

    /// Its ids would be those of other pieces.
    @Test func aCheckpointOfAnotherVocabularyIsNoStart() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run("vocab", "train", "--input", "text", "--size", "30", "--output", "words").code == 0)
        let begun = try tool.run(
            tool.pretraining(steps: 1, output: "other", ["--checkpoint", "run/best", "--vocabulary", "words"]))
        #expect(
            begun.code == 1
                && begun.error
                    == "Error: run/best: its vocabulary is another than that of the recipe; wanted the same\n",
            "\(begun.error)")
    }
}
