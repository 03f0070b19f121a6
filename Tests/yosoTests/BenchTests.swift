import Foundation
import Testing

@testable import yoso

@Suite struct BenchTests {
    @Test func attentionsAreTimedOnRandomNumbersAndOnACheckpoint() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 1)).code == 0)
        // 48 tokens at least are more than a sequence of the text, 300 more than the encoder has positions.
        let bench = [
            "bench", "attention", "--lengths", "48", "300", "--width", "8", "--rounds", "1", "--hashes", "4",
            "--data", "random", "clustered", "checkpoint", "--checkpoint", "run/best", "--text", "text", "--output",
            "out",
        ]
        let result = try tool.run(bench)
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("300 tokens, checkpoint queries and keys, a head of 8"))
        #expect(result.output.contains("yoso-4 with backward is faster than our softmax "))
        let report = try JSONDecoder().decode(
            AttentionReport.self, from: Data(contentsOf: tool.file("out/attention.json")))
        #expect(report.records.count == 3 * 2 * 12)
        for record in report.records {
            #expect(record.forward > 0 && record.forwardBackward > 0, "\(record.name)")
            #expect(record.errorToSoftmax != nil || record.name == "softmax")
            #expect((record.errorToExpectation != nil) == record.name.hasPrefix("yoso-"))
        }
        let page = try String(contentsOf: tool.file("out/attention.html"), encoding: .utf8)
        #expect(page.contains("<svg") && page.contains("nystrom") && !page.contains("http-equiv"))

        let wide = try tool.run(bench + ["--width", "16"])
        #expect(wide.code == 1 && wide.error.contains("run/best: its heads are 8 wide"))
    }

    @Test func whatCannotBeTimedIsRefused() throws {
        let tool = try CommandLineTool()
        for (arguments, message) in [
            (["--data", "real"], "--data real: wanted random, clustered or checkpoint"),
            (["--data", "checkpoint"], "--data checkpoint and --checkpoint FOLDER go together"),
            (["--only", "softmx"], "--only softmx: wanted some of softmax, "),
            (["--lengths", "0"], "must be above 0"),
        ] {
            let result = try tool.run(["bench", "attention"] + arguments)
            #expect(result.code == 64 && result.error.contains(message), "\(result.error)")
        }
    }

    @Test func theCrossoverIsWhereItStaysFaster() {
        func record(_ name: String, _ length: Int, _ time: Double) -> AttentionRecord {
            AttentionRecord(name: name, data: "random", length: length, forward: time, forwardBackward: time)
        }
        let times: [(Int, Double, Double?)] = [(128, 1, 2), (256, 3, 2), (512, 3, 4), (1024, 6, nil)]
        let report = AttentionReport(
            machine: "", width: 64, threads: 1,
            records: times.flatMap { length, mine, other in
                [record("yoso-32", length, mine)] + (other.map { [record("softmax", length, $0)] } ?? [])
            })
        #expect(report.crossover("yoso-32", "softmax", data: "random", \.forward) == 512)
        #expect(report.crossover("softmax", "yoso-32", data: "random", \.forward) == nil)
    }
}
