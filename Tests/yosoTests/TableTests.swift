import Foundation
import Recipes
import Testing

@testable import Experiments

/// What a table says must be true of the runs that it has rows of.
@Suite(.serialized) struct TableTests {
    private let tool: CommandLineTool

    init() throws { tool = try .withPretrainedRun() }

    private func writeTasks() throws {
        let pairs = "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t0\n1\ta\tc\t1\n"
        for split in ["train", "dev"] { try tool.write(pairs, to: "glue/WNLI/\(split).tsv") }
        let values = "index\tgenre\tsentence1\tsentence2\tscore\n0\tx\ta cat\ta dog\t2.5\n1\tx\ta\ta\t5.0\n"
        for split in ["train", "dev"] { try tool.write(values, to: "glue/STS-B/\(split).tsv") }
    }

    private func all(_ more: String...) -> [String] {
        [
            "finetune", "--task", "all", "--checkpoint", "run/best", "--data", "glue", "--set", "length=16", "--set",
            "epochs=1",
        ] + more
    }

    private func text(_ file: String) throws -> String { try String(contentsOf: tool.file(file), encoding: .utf8) }

    @Test func anEncoderOfAnotherTaskIsNotTakenForOneOfThis() throws {
        try writeTasks()
        let first = try tool.run(all("--from-task", "sst2", "--output", "from"))
        #expect(first.code == 0 && first.output.contains("from SST-2;"), "\(first.error)")
        let other = try tool.run(all("--from-task", "wnli", "--wnli", "train", "--output", "from"))
        #expect(
            other.code == 1
                && other.error.hasSuffix(
                    "from/start: earlier runs there began from sst2, not from wnli; choose another --output\n"),
            "\(other.error)")
        let none = try tool.run(all("--from-task", "wnli", "--output", "none"))
        #expect(none.code == 64 && none.error.hasPrefix("Error: --from-task wnli: wanted a task that is trained, "))
    }

    @Test func rowsThatATableWouldLoseAreNamed() throws {
        try writeTasks()
        #expect(try tool.run(all("--seeds", "2", "--output", "rows")).code == 0)
        let fewer = try tool.run(all("--seeds", "1", "--output", "rows"))
        #expect(
            fewer.code == 1 && fewer.error.contains(": holds seed-2, whose row the table would lose; "),
            "\(fewer.error)")
        try FileManager.default.removeItem(at: tool.file("glue/STS-B"))
        let less = try tool.run(all("--seeds", "2", "--output", "rows"))
        #expect(
            less.code == 1 && less.error.hasPrefix("Error: rows: holds stsb, whose row the table would lose; "),
            "\(less.error)")
    }

    @Test func whatDivergesIsARow() throws {
        try tool.writeTask(train: String(repeating: "a fine film \t1\na dull film \t0\n", count: 30))
        let wild = ["optimizer.decay=1", "schedule.warmup=0%", "batch=1 sequences", "optimizer.rate=10"]
            .flatMap { ["--set", $0] }
        let alone = try tool.run(all("--output", "wild") + wild)
        #expect(
            alone.code == 1
                && alone.error.hasSuffix("Error: wild: all tasks diverged; wanted for example a lower optimizer.rate\n"),
            "\(alone.error)")
        #expect(try text("wild/table.md").contains("| SST-2 | diverged |  |  |  |\n| average | – | | | of 1 tasks, "))
        try writeTasks()
        try FileManager.default.removeItem(at: tool.file("glue/STS-B"))
        let beside = try tool.run(all("--output", "beside", "--seeds", "2") + wild)
        #expect(beside.code == 0, "\(beside.error)")
        let table = try text("beside/table.md")
        #expect(table.contains("| SST-2 | diverged |  |  | 2 of 2 seeds diverged |\n| WNLI | 50.0 | "), "\(table)")
        #expect(table.contains("| average | – | | | of 2 tasks, "), "\(table)")
        let recipe = """
            kind: finetuning
            name: wild
            task: sst2
            data: glue
            length: 16
            batch: 1 sequences
            optimizer: { decay: 1, rate: 10 }
            schedule: { warmup: 0% }
            """
        try tool.write(recipe, to: "wild.yaml")
        let swept = try tool.run(
            "sweep", "Recipes/Pretraining/tiny.yaml", "--data", "text", "--over", "seed=1", "--output", "sweep",
            "--set",
            "model.width=16", "--set", "model.intermediate=32", "--set", "examples.length=16", "--set",
            "batch=8 sequences", "--set", "budget=2 steps", "--task", "wild.yaml")
        #expect(swept.code == 0, "\(swept.error)")
        #expect(try text("sweep/table.md").contains(" | diverged |\n"), "\(swept.output)")
    }

    @Test func aRunThatDidNotEndIsNotedInATable() throws {
        #expect(try tool.run(tool.finetuning().map { $0 == "tuned" ? "all/sst2" : $0 }).code == 0)
        let evaluate = ["evaluate", "--task", "all", "--checkpoint", "all"]
        #expect(try !tool.run(evaluate).output.contains(" at step "))
        try FileManager.default.removeItem(at: tool.file("all/sst2/report.json"))
        let log = try text("all/sst2/metrics.jsonl").replacingOccurrences(
            of: "\"totalSteps\":2", with: "\"totalSteps\":9")
        try tool.write(log, to: "all/sst2/metrics.jsonl")
        let cut = try tool.run(evaluate)
        #expect(cut.output.contains("; interrupted at step 2 of 9; "), "\(cut.output)\(cut.error)")
    }

    @Test func aSearchIsSaidOfATableOfAnyProtocol() throws {
        let grid = ["optimizer.rate=1e-3,1e-4"]
        var table = GlueTable(TableSettings(protocol: nil, settings: [], weights: "random"))
        (table.seeds, table.searched) = (2, grid)
        #expect(table.text.hasSuffix("of 2 seeds; the best of optimizer.rate=1e-3,1e-4 by successive halving\n"))
        // Of official dev rows too.
        table.add(try FineTuningRecipe("rte").task, nil, trainedOn: "RTE: 2 of 2,490 training rows")
        #expect(table.text.contains("| RTE: 2 of 2,490 training rows |"))
        #expect(table.text.contains(", WNLI; not GLUE's, of subsets |"), "\(table.text)")
        for (name, end) in [
            ("m-fac", "over 5 seeds; one value each, ours of optimizer.rate=1e-3,1e-4 by successive halving\n"),
            (
                "bert",
                "the best of optimizer.rate=5e-5,4e-5,3e-5,2e-5, ours of optimizer.rate=1e-3,1e-4 by successive halving\n"
            ),
        ] {
            var table = GlueTable(
                TableSettings(protocol: FineTuningProtocol.named(name), settings: [], weights: "random"))
            table.searched = grid
            #expect(table.text.hasSuffix(end), "\(table.text)")
            table.searched = []
            #expect(!table.text.contains("successive halving"))
        }
        try writeTasks()
        let result = try tool.run(all("--seeds", "2", "--search", grid[0], "--output", "searched"))
        #expect(result.code == 0, "\(result.error)")
        #expect(try text("searched/table.md").hasSuffix(" of 2 seeds; the best of \(grid[0]) by successive halving\n"))
        // Which is told of every score, and of the model.
        #expect(
            result.output.contains(", each the best of 2 settings on the same rows; 0 diverged, "), "\(result.output)")
        #expect(try tool.run("export", "searched/stsb", "--output", "card").code == 0)
        #expect(try text("card/README.md").contains("Of 2 seeds: median "))
        let read = try tool.run("evaluate", "--task", "all", "--checkpoint", "searched")
        #expect(read.output.contains("the lower middle one of 2 seeds"), "\(read.output)\(read.error)")
        let wrong = try tool.run(tool.finetuning(["--search", "layers.frozen=0,x"]))
        #expect(wrong.error.contains("--search layers.frozen=x: layers.frozen is 'x'; "), "\(wrong.error)")
    }

    /// The index of a row is that in its own file.
    @Test func rowsOfTwoDevSetsAreCountedEach() throws {
        let labels = ["entailment", "neutral", "contradiction"]
        for file in ["train", "dev_matched", "dev_mismatched"] {
            let rows = labels.enumerated().map { "row \($0)\tof \(file)\t\($1)\n" }.joined()
            try tool.write("sentence1\tsentence2\tgold_label\n" + rows, to: "glue/MNLI/\(file).tsv")
        }
        let result = try tool.run(tool.finetuning().map { $0 == "sst2" ? "mnli" : $0 })
        #expect(result.code == 0, "\(result.error)")
        let lines = try text("tuned/predictions.tsv").split(separator: "\n").dropFirst()
        let columns = lines.map { $0.split(separator: "\t").map(String.init) }
        #expect(columns.map { $0[1] } == ["0", "1", "2", "0", "1", "2"] && columns.map { $0[2] } == labels + labels)
        #expect(Set(columns.prefix(3).map { $0[0] }).count == 1 && columns[0][0] != columns[3][0], "\(lines)")
    }

    /// How values are written, and what changes no bit, makes no other table.
    @Test func settingsAreWhatIsMeant() throws {
        func settings(_ texts: String...) -> [String] {
            FineTuning { $0.task = "rte" }.setting(texts).settings(less: [])
        }
        #expect(settings("optimizer.rate=1e-3") == settings("optimizer.rate=0.001"))
        #expect(settings("optimizer.rate=1e-3") != settings("optimizer.rate=0.002"))
        #expect(settings("recompute=true", "deviceTokens=4096") == [])
        // By one recipe all tasks have the same, however their own differ.
        try tool.write("kind: finetuning\nname: mine\ntask: rte\nlength: 77\nbatch: 16 sequences\n", to: "mine.yaml")
        let all = ["rte", "cola", "sst2"].map { task in
            FineTuning { ($0.recipe, $0.task) = (tool.file("mine.yaml").path, task) }
                .setting(["epochs=2"]).settingsOfAll(less: [])
        }
        #expect(all.allSatisfy { $0 == ["batch=16 sequences", "epochs=2", "length=77"] }, "\(all)")
    }
}
