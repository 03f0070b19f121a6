import Foundation
import Testing

@Suite struct FillTests {
    @Test func masksAreFilled() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let fill = try tool.run("fill", "the [MASK] sat on the [MASK].", "--checkpoint", "run/best", "--top", "3")
        #expect(fill.code == 0, "\(fill.error)")
        let lines = fill.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("mask 1: ") && lines[1].hasPrefix("mask 2: "))
        #expect(lines.allSatisfy { $0.split(separator: "%").count == 3 })
        // As many as there are.
        #expect(try tool.run("fill", "a [MASK]", "--checkpoint", "run/best", "--top", "\(Int.max)").code == 0)
        // A piece that continues a word does not read as one.
        let folder = tool.file("run/best").resolvingSymlinksInPath()
        for name in ["checksums.json", "spiece.model", "tokenizer.json", "tokenizer_config.json"] {
            try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
        }
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "##s"]
        try tool.write(pieces.joined(separator: "\n") + "\n", to: "run/step-000002/vocab.txt")
        let suffix = try tool.run("fill", "the [MASK]", "--checkpoint", "run/best", "--top", "7")
        #expect(suffix.code == 0 && suffix.output.contains("##s "), "\(suffix.output)\(suffix.error)")
        let none = try tool.run("fill", "the cat", "--checkpoint", "run/best")
        #expect(none.code == 64 && none.error.contains("the text has no [MASK]"))
    }
}
