import Foundation
import Testing

/// Several seeds of one fine-tuning, and two such folders side by side.
@Suite struct SeedsCommandTests {
    private let tool: CommandLineTool

    init() throws { tool = try .withPretrainedRun() }

    @Test func seedsHaveStatisticsAndAreCompared() throws {
        let options = ["--set", "epochs=1", "--seeds", "3"]
        let first = try tool.run(tool.finetuning(options + ["--output", "a"]))
        #expect(first.code == 0, "\(first.error)")
        #expect(first.output.contains("3 seeds: median ") && first.output.contains("; 0 diverged, "))
        #expect(tool.exists("a/seed-3/best") && tool.exists("a/seeds.json"))
        // The lower of the middle, whichever of equals comes first.
        let scores = try scores("a")
        let median = scores.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }[1]
        let best = try FileManager.default.destinationOfSymbolicLink(atPath: tool.file("a/best").path)
        #expect(best == "seed-\(median + 1)/best", "\(scores)")
        // Again: every run had ended.
        let again = try tool.run(tool.finetuning(options + ["--output", "a"]))
        #expect(again.output.split(separator: "\n").last == first.output.split(separator: "\n").last)
        #expect(!again.output.contains("saved"))
        let wild = try tool.run(tool.finetuning(options + ["--output", "b", "--set", "optimizer.rate=1e-7"]))
        #expect(wild.code == 0, "\(wild.error)")
        let comparison = try tool.run("compare", "a", "b")
        #expect(comparison.code == 0, "\(comparison.error)")
        #expect(comparison.output.contains(" on SST-2 by "))
        // Scores of other rows are no pairs.
        let report = try String(contentsOf: tool.file("b/seeds.json"), encoding: .utf8)
        try tool.write(report.replacingOccurrences(of: "\"rows\" : 2", with: "\"rows\" : 3"), to: "c/seeds.json")
        let rows = try tool.run("compare", "a", "c")
        #expect(rows.code == 1 && rows.error.contains("c: was scored on 3 dev rows, a on 2"), "\(rows.error)")
        for (key, value, message) in [
            ("\"accuracy\"", "\"f1\"", "c: is scored by f1, a by accuracy"),
            ("\"labels\" : \"", "\"labels\" : \"0", "c: was scored on other dev rows than a"),
        ] {
            try tool.write(report.replacingOccurrences(of: key, with: value), to: "c/seeds.json")
            let other = try tool.run("compare", "a", "c")
            #expect(other.code == 1 && other.error == "Error: \(message)\n", "\(other.error)")
        }
        try tool.write(
            report.replacingOccurrences(of: "\"diverged\" : [", with: "\"diverged\" : [4"), to: "c/seeds.json")
        let less = try tool.run("compare", "a", "c")
        #expect(less.output.hasSuffix("note: 1 seeds of c diverged, and are not compared\n"), "\(less.error)")
        // t of 3.78 and 5.20 with two degrees of freedom: 6.3% and 3.5%.
        try write(scores: scores, of: "a", to: "d/seeds.json")
        func judged(_ differences: [Double] = [0.02, 0.03, 0.04], _ more: [String: Any] = [:]) throws -> String {
            try write(scores: zip(scores, differences).map { $0 + $1 }, more, of: "a", to: "c/seeds.json")
            let compared = try tool.run("compare", "d", "c")
            return compared.output + compared.error
        }
        #expect(try judged([0.02, 0.03, 0.05]).hasPrefix("not proven: c is ahead"))
        #expect(try judged().hasPrefix("yes: c is better than d"))
        #expect(try judged([0, 0, 0]).hasPrefix("not proven: d is level with c on SST-2 by 0.00 ± 0.05 points"))
        // What makes a lead without being better.
        #expect(
            try judged([0.02, 0.03, 0.04], ["choices": 8]).contains(
                "\neach score of c is the best of 8 settings on these rows, of d of 1: choosing alone brings a lead\n"))
        #expect(try judged([0.02, 0.03, 0.04], ["choices": 8]).hasPrefix("not proven: c is ahead"))
        #expect(try judged([-0.02, -0.03, -0.04], ["choices": 8]).hasPrefix("yes: d is better than c"))
        #expect(try judged([0.02, 0.03, 0.04], ["diverged": [4]]).hasPrefix("not proven: c is ahead"))
        #expect(
            try judged([0.02, 0.03, 0.04], ["epochs": 7]).contains(
                "\nnote: each score of c is the best of 7 epochs on these rows, of d of 1; selection: last chooses none\n"
            ))
        try write(scores: [0.5, 0.6], ["seeds": [1, 2]], of: "a", to: "e/seeds.json")
        let two = try tool.run("compare", "d", "e")
        #expect(two.code == 1 && two.error == "Error: d and e share 2 seeds; wanted at least 3\n", "\(two.error)")
        // A folder has one kind of runs: `best` is of those.
        for (options, folder, holds) in [
            (["--seeds", "2"], "a/seed-1", "a run (lock)"),
            (["--search", "seed=1,2"], "a", "other runs (seeds.json)"),
        ] {
            let taken = try tool.run(tool.finetuning(options + ["--output", folder]))
            #expect(taken.code == 1 && taken.error == "Error: \(folder): holds \(holds); choose another --output\n")
        }
        let none = try tool.run("compare", "a", "run")
        #expect(none.code == 1 && none.error.contains("Error: run: no seeds.json; wanted a folder of"))
        try tool.write("{", to: "c/seeds.json")
        let damaged = try tool.run("compare", "a", "c")
        #expect(damaged.code == 1 && damaged.error.contains("Error: c/seeds.json: damaged; "), "\(damaged.error)")
        let twice = report.replacing(/"seeds" : \[\s*1,\s*2/, with: "\"seeds\" : [1, 1")
        try tool.write(twice, to: "c/seeds.json")
        let repeated = try tool.run("compare", "a", "c")
        #expect(
            repeated.code == 1 && repeated.error == "Error: c/seeds.json: damaged: it has a seed twice\n",
            "\(repeated.error)")
        #expect(try tool.run(tool.finetuning(["--seeds", "0"])).code == 64)
    }

    private func seeds(_ folder: String) throws -> [String: Any] {
        let data = try Data(contentsOf: tool.file("\(folder)/seeds.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private func scores(_ folder: String) throws -> [Double] {
        try #require((try seeds(folder)["statistics"] as? [String: Any])?["scores"] as? [Double])
    }

    /// The report of `folder` with other scores, of so many rows that steps of one are small, and what else is said.
    private func write(scores: [Double], _ more: [String: Any] = [:], of folder: String, to name: String) throws {
        var report = try seeds(folder).merging(["rows": 872]) { $1 }.merging(more) { $1 }
        var statistics = try #require(report["statistics"] as? [String: Any])
        statistics["scores"] = scores
        report["statistics"] = statistics
        let data = try JSONSerialization.data(withJSONObject: report)
        try tool.write(String(decoding: data, as: UTF8.self), to: name)
    }
}
