import Foundation
import Testing

/// What a page says of predictions, by predictions whose figures are known.
@Suite struct MistakesTests {
    /// Of two rows at 95% one is right, that at 65% is not: (2 · 0.45 + 0.65) / 3. The surer mistake comes first.
    @Test func calibrationIsWeightedByRowsAndSureMistakesComeFirst() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        try tool.writeTask(dev: "a fine film\t1\na dull film\t0\nfine\t1\n")
        #expect(try tool.run(tool.finetuning(["--set", "epochs=1"])).code == 0)
        let rows = ["0\t1\t1\t0.05\t0.95\trightly", "1\t1\t0\t0.65\t0.35\thardly", "2\t0\t1\t0.05\t0.95\tsurely"]
        let lines = ["set\tindex\tlabel\tprediction\tp(0)\tp(1)\ttext1"] + rows.map { "SST-2\t\($0)" }
        try tool.write(lines.joined(separator: "\n") + "\n", to: "tuned/predictions.tsv")
        let result = try tool.run("report", "tuned")
        #expect(result.code == 0, "\(result.error)")
        let page = try String(contentsOf: tool.file("tuned/report.html"), encoding: .utf8)
        #expect(page.contains("Expected calibration error 51.7%"))
        let (sure, unsure) = (page.range(of: ">surely<"), page.range(of: ">hardly<"))
        #expect(try #require(sure).lowerBound < #require(unsure).lowerBound)
        #expect(!page.contains(">rightly<"))
    }
}
