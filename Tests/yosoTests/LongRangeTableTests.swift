import Foundation
import LongRange
import Testing

@testable import Experiments
@testable import Training

@Suite struct LongRangeTableTests {
    /// Of a run whose log says so.
    private func cost(steps: Int, of planned: Int? = nil, rows: Int, seconds: Double) throws -> RunCost {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(steps: steps, of: planned, rows: rows, seconds: seconds, to: folder)
        return try #require(RunCost(of: folder))
    }

    private func write(
        steps: Int, of planned: Int? = nil, rows: Int, seconds: Double, tokens: Int = 800, to folder: URL
    ) throws {
        let lines = (1...5).map { step in
            // One that took long, and the last one, which no newline ends.
            let time = step == 2 ? 100 * seconds : seconds
            return """
                {"kind":"step","step":\(step < 5 ? min(step, steps) : steps),"totalSteps":\(planned ?? steps),"epoch":1,"loss":1,"rate":1,"gradientNorm":1,"tokens":\(tokens),\
                "rowsPerSecond":\(Double(rows) / time),"tokensPerSecond":\(800 / time),"seconds":1}
                """
        }
        let log = folder.appendingPathComponent("metrics.jsonl")
        try Data((lines + [#"{"kind":"epoch","step":5}"#, #"{"kind":"step","st"#]).joined(separator: "\n").utf8).write(
            to: log)
    }

    /// Of a damaged log: rows that no number can count, and a product of two that none can.
    @Test func numbersOfALogMayBeAny() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(steps: 1, rows: 1 << 40, seconds: 1e-290, tokens: 1 << 56, to: folder)
        #expect(RunCost(of: folder) == nil)
        #expect(try cost(steps: 1 << 56, rows: 1 << 40, seconds: 1).isWhole(of: .listops))
    }

    private func table(_ text: RunCost, _ listops: RunCost) -> LongRangeTable {
        var table = LongRangeTable()
        table.add("softmax", .text, .init(scores: [0.6, 0.7, 0.62], rows: 10, costs: [text]))
        table.add("softmax", .listops, .init(scores: [0.3], rows: 20, costs: [listops]))
        return table
    }

    @Test func costsAreMediansOfTheLog() throws {
        let cost = try cost(steps: 2500, rows: 16, seconds: 0.5)
        #expect(cost.steps == 2500 && cost.rowsAStep == 16 && abs(cost.secondsAStep - 0.5) < 1e-9)
        #expect(cost.share(of: .listops) == "50%, of 16 rows for 32" && !cost.isWhole(of: .listops))
        #expect(RunCost(of: URL(fileURLWithPath: "/nowhere")) == nil)
        // Of a run that was stopped, what was done.
        let stopped = try self.cost(steps: 214, of: 5000, rows: 32, seconds: 0.5)
        #expect(stopped.share(of: .listops) == "4.28%" && !stopped.isWhole(of: .listops))
    }

    @Test func shortAndWholeRunsAreNotMixedInSilence() throws {
        let (whole, short) = (
            try cost(steps: 20_000, rows: 32, seconds: 1), try cost(steps: 1000, rows: 16, seconds: 1)
        )
        let mixed = table(whole, short)
        #expect(
            mixed.remarks.contains(
                "softmax: the average mixes runs as long as the paper's (Text) with shorter ones (ListOps)"))
        #expect(table(short, short).remarks.allSatisfy { !$0.contains("mixes") })
        #expect(mixed.text.contains("| softmax | 20%, of 16 rows for 32 | 100% | – | – | – |"))
    }

    @Test func mediansRangesAndPublishedAverages() throws {
        let cost = try cost(steps: 1000, rows: 16, seconds: 1)
        var table = table(cost, cost)
        #expect(table.text.contains("| softmax | 30.0 | 62.0 (60.0 to 70.0) | – | – | – | 46.0 |"), "\(table.text)")
        // Of the tasks that are there: (37.1 + 65.0) / 2.
        #expect(
            table.text.contains("| published: softmax | 37.1 | 65.0 | 79.4 | 38.2 | 74.2 | 51.0 |"), "\(table.text)")
        #expect(table.text.contains("| softmax | 1 s | 1 s | – | – | – |"))
        #expect(!table.text.contains("not of the release"))
        table.add("linear", .listops, .init(scores: [0.2], rows: 20, costs: [cost], isReleased: false))
        #expect(table.text.contains("\n\nnot of the release, as published scores are, but other rows: ListOps\n"))
        table.add("yoso", .text, .init(scores: [0.5], costs: [cost]))
        table.add("yoso", .listops, .init())
        #expect(table.text.contains("| yoso | diverged | 50.0 | – | – | – | – |"), "\(table.text)")
    }
}
