import Foundation
import Testing

@testable import Experiments

@Suite(.serialized) struct SweepTests {
    @Test func valuesMayHaveKeysOfTheirOwn() throws {
        let variants = try SweepVariant.parse(
            "model.attention=softmax,yoso(hashes=16),\n  yoso(hashes=32\n  convolution=33)")
        #expect(variants.map(\.name) == ["softmax", "yoso(hashes=16)", "yoso(hashes=32 convolution=33)"])
        #expect(
            variants[2].settings == [
                "model.attention=yoso", "model.attention.hashes=32", "model.attention.convolution=33",
            ])
        #expect(variants[1].folder == "yoso-hashes=16-")
        #expect(try SweepVariant.parse("corpus.text=..,.a,a").map(\.folder) == ["-.", "-a", "a"])
    }

    @Test(arguments: [
        "model.attention", "=a", "seed=", "seed=1,,2", "seed=1,1", "model.attention=yoso(hashes=1",
        "model.attention=yoso(hashes=1 hashes=2)",
        "checkpoint=runs/a,runs-a",
    ])
    func whatIsNoListOfValuesIsRefused(text: String) {
        #expect(throws: (any Error).self) { try SweepVariant.parse(text) }
    }

    @Test func aSweepMakesATableAndGoesOnWhereItWas() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        let pretraining = tool.pretraining(steps: 4)
        let output = pretraining.firstIndex(of: "--output")
        var arguments = Array(pretraining.dropFirst())
        if let output { arguments.removeSubrange(output - 1...output) }
        let sweep =
            ["sweep"] + arguments + [
                "--over", "model.attention=softmax,yoso(hashes=2 bits=2)", "--task", "sst2", "--task-data", "glue",
                "--output", "sweep",
            ]
        let first = try tool.run(sweep)
        #expect(first.code == 0, "\(first.error)")
        let table = try String(contentsOf: tool.file("sweep/table.md"), encoding: .utf8)
        #expect(
            table.contains(
                "| model.attention | tokens | masked accuracy | masked loss | order accuracy | perplexity | time | sst2 |"
            ))
        #expect(table.contains("| softmax |") && table.contains("| yoso(hashes=2 bits=2) |"))
        let again = try tool.run(sweep)
        #expect(again.code == 0, "\(again.error)")
        #expect(try String(contentsOf: tool.file("sweep/table.md"), encoding: .utf8) == table)
        let wrong = try tool.run(sweep.map { $0.replacingOccurrences(of: "softmax,", with: "softmx,") })
        #expect(wrong.code == 1)
        #expect(wrong.error.contains("model.attention is 'softmx'"))
    }

    /// Its place in the table stays empty, and so do figures that one objective alone has.
    @Test func aRunThatDivergesEndsNoOther() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        func table(_ name: String, _ over: String, _ settings: [String] = []) throws -> [Substring] {
            var arguments = Array(tool.pretraining(steps: 12, settings.flatMap { ["--set", $0] }).dropFirst())
            if let output = arguments.firstIndex(of: "--output") { arguments.removeSubrange(output...output + 1) }
            let result = try tool.run(["sweep"] + arguments + ["--over", over, "--output", name])
            #expect(result.code == 0, "\(result.error)")
            return try String(contentsOf: tool.file("\(name)/table.md"), encoding: .utf8).split(separator: "\n")
        }
        let colon = try tool.run(
            "sweep", "tiny", "--over", "model.attention=yoso(hashes:16),softmax", "--data", "text", "--output", "same")
        #expect(
            colon.code == 64
                && colon.error.contains(": 'hashes:16' of 'yoso(hashes:16)' has no =; wanted for"),
            "\(colon.error)")
        let same = try tool.run([
            "sweep", "tiny", "--over", "optimizer.rate=1e-3,0.001", "--data", "text", "--output", "same",
        ])
        #expect(same.code == 64 && same.error.contains("'1e-3' and '0.001' are the same"), "\(same.error)")
        let rates = try table(
            "rates", "optimizer.rate=10,1e-3",
            ["optimizer.decay=1", "schedule.warmup=0%", "schedule.shape=constant", "optimizer.clip=0"])
        #expect(rates[2] == "| 10 | diverged | – | – | – | – | – |", "\(rates)")
        #expect(rates[3].hasPrefix("| 1e-3 | ") && !rates[3].contains("–"), "\(rates)")
        let later = try tool.run("sweep", "tiny", "--over", "seed=7", "--data", "text", "--output", "rates")
        #expect(
            later.code == 1 && later.error.hasPrefix("Error: rates: holds 10, whose row the table would lose; "),
            "\(later.error)")
        let orders = try table("orders", "examples.sentenceOrder=true,false")
        #expect(orders[0].contains("| order accuracy | perplexity | time |"))
        let cells = orders[2...3].map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(
            cells[0].count == 7 && cells[1].count == 7 && cells[0][4].hasSuffix("%") && cells[1][4] == "–", "\(orders)")
        #expect(cells.allSatisfy { Double($0[5]) ?? 0 > 1 && $0[6].contains(":") }, "\(orders)")
    }

    @Test func theTaskIsLearnedInTheShardsAndOverTheWireOfThePretraining() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        var arguments = Array(tool.pretraining(steps: 2).dropFirst())
        if let output = arguments.firstIndex(of: "--output") { arguments.removeSubrange(output...output + 1) }
        let run = try tool.run(
            ["sweep"] + arguments + [
                "--set", "shards=2", "--over", "wire=bf16", "--task", "sst2", "--task-data", "glue", "--output",
                "sweep",
            ])
        #expect(run.code == 0, "\(run.error)")
        let recipe = try String(contentsOf: tool.file("sweep/bf16/sst2/recipe.yaml"), encoding: .utf8)
        for line in ["shards: 2", "wire: bf16"] { #expect(recipe.contains(line)) }
    }

    /// The second run of a process hears it like the first.
    @Test func aSignalStopsTheSecondVariantToo() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        var arguments = Array(tool.pretraining(steps: 300).dropFirst())
        if let output = arguments.firstIndex(of: "--output") { arguments.removeSubrange(output...output + 1) }
        let (process, output, _) = try tool.start(["sweep"] + arguments + ["--over", "seed=1,2", "--output", "sweep"])
        while process.isRunning, !tool.exists("sweep/2/pretraining") {
            usleep(5000)
        }
        process.interrupt()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        let text = try String(contentsOf: output, encoding: .utf8)
        #expect(text.contains("; the same command continues from there"))
    }
}
