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
    }

    @Test(arguments: ["model.attention", "=a", "seed=", "seed=1,,2", "seed=1,1", "model.attention=yoso(hashes=1"])
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
