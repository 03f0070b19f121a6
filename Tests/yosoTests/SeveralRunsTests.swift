import Foundation
import Testing

/// Several fine-tunings that are looked at together: of all tasks, of a grid, by a protocol, with several seeds.
@Suite(.serialized) struct SeveralRunsTests {
    private let tool: CommandLineTool

    init() throws { tool = try .withPretrainedRun() }

    @Test func allTasksThatThereAreMakeOneTable() throws {
        let header = "index\tsentence1\tsentence2\tlabel\n"
        try tool.write(header + "0\ta\tb\t0\n1\ta\tc\t0\n2\ta\td\t1\n", to: "glue/WNLI/train.tsv")
        try tool.write(header + "0\ta\tb\t0\n1\ta\tc\t1\n", to: "glue/WNLI/dev.tsv")
        let columns = "index\tgenre\tsentence1\tsentence2\tscore\n"
        try tool.write(columns + "0\tx\ta cat\ta dog\t2.5\n1\tx\ta\ta\t5.0\n", to: "glue/STS-B/train.tsv")
        try tool.write(columns + "0\tx\ta cat\tthe cat\t4.0\n1\tx\ta\tb\t1.0\n", to: "glue/STS-B/dev.tsv")
        let arguments = [
            "finetune", "--task", "all", "--checkpoint", "run/best", "--data", "glue", "--output", "all", "--set",
            "length=16", "--set", "epochs=1",
        ]
        let result = try tool.run(arguments)
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("CoLA: no train.tsv or no dev.tsv in glue; left out"))
        let table = try String(contentsOf: tool.file("all/table.md"), encoding: .utf8)
        #expect(
            table.contains(
                "| WNLI | 50.0 | accuracy 50.0 | 2 | by majority; WNLI: 3 of 635 training rows; WNLI: 2 of 71 dev rows |"
            ))
        #expect(table.contains("\n\nprotocol own, settings ") && table.hasSuffix("; one seed\n"))
        #expect(table.contains("| STS-B | ") && table.contains("| SST-2 | "))
        #expect(table.contains("of 3 tasks, without CoLA, MRPC, QQP, MNLI, QNLI, RTE; not GLUE's, of subsets |"))
        #expect(result.output.hasSuffix(table + "\n"))
        // Again: every run had ended.
        #expect(try tool.run(arguments).output.hasSuffix(table + "\n"))
        let evaluation = try tool.run(["evaluate", "--task", "all", "--checkpoint", "all"])
        #expect(evaluation.code == 0, "\(evaluation.error)")
        // WNLI by majority in both.
        let lines = table.split(separator: "\n").dropLast()
        for line in lines { #expect(evaluation.output.contains(line), "\(line) of \(evaluation.output)") }
        let without = try tool.run(["evaluate", "--task", "all", "--checkpoint", "all", "--wnli", "skip"])
        #expect(without.output.contains("of 2 tasks, without "))
        // Several seeds a task: the median's run is the task's.
        let seeds = try tool.run(arguments.map { $0 == "all" ? "all" : $0 } + ["--seeds", "2", "--output", "seeds"])
        #expect(seeds.code == 0 && seeds.output.contains("; the lower middle one of 2 seeds\n"), "\(seeds.error)")
        #expect(tool.exists("seeds/sst2/best/config.json"))
        // One row that is wrong is found before any run.
        try tool.write(columns + "0\tx\ta cat\ta dog\t-1\n", to: "glue/STS-B/train.tsv")
        let late = try tool.run(arguments + ["--output", "late"])
        #expect(late.code == 1 && !tool.exists("late"))
        #expect(late.error.contains("glue/STS-B/train.tsv:2: the label is '-1'; wanted a number from 0 to 5"))
        let none = try tool.run(["evaluate", "--task", "all", "--checkpoint", "run"])
        #expect(none.code == 1 && none.error.contains("holds no run of a task"))
    }

    @Test func aGridIsSearchedByHalving() throws {
        let search = [
            "--search", "optimizer.rate=1e-3,1e-4", "--search", "batch=1 sequences,2 sequences", "--output", "grid",
        ]
        let result = try tool.run(tool.finetuning(search + ["--set", "epochs=4"]))
        #expect(result.code == 0, "\(result.error)")
        let board = try String(contentsOf: tool.file("grid/leaderboard.md"), encoding: .utf8).split(separator: "\n")
        #expect(
            board.count == 8 && board[6] == "protocol own" && board[7].hasPrefix("SST-2: 2 of 67,349 training rows"))
        let epochs = try board[2..<6].map { try #require(Int($0.split(separator: " ")[5])) }
        #expect(epochs.count == 4 && epochs.dropFirst(2).allSatisfy { $0 == 1 }, "\(board)")
        // The winner is to the bit what it would have been alone.
        let winner = try #require(board[2].split(separator: "|").first)
        let settings = winner.contains("rate=1e-3") ? "optimizer.rate=1e-3" : "optimizer.rate=1e-4"
        let batch = winner.contains("batch=1 ") ? "batch=1 sequences" : "batch=2 sequences"
        let alone = tool.finetuning(["--output", "alone", "--set", settings, "--set", batch, "--set", "epochs=4"])
        #expect(try tool.run(alone).code == 0)
        let folder = "grid/\(settings)_\(batch.replacingOccurrences(of: " ", with: "-"))/best"
        #expect(
            try Data(contentsOf: tool.file("\(folder)/model.safetensors"))
                == Data(contentsOf: tool.file("alone/best/model.safetensors")))
        #expect(
            try Data(contentsOf: tool.file("grid/best/model.safetensors"))
                == Data(contentsOf: tool.file("alone/best/model.safetensors")))
        for search in [
            ["optimizer.rate=,1"], ["optimizer.rate=1,,2"], ["optimizer.rate=1,1"], ["optimizer.rate=1e-3,0.001"],
            ["optimizer.rate=1", "optimizer.rate=2"], ["task=rte,wnli"], ["task.separator=a,b"],
            ["recompute=true,false"],
        ] {
            #expect(try tool.run(tool.finetuning(search.flatMap { ["--search", $0] })).code == 64, "\(search)")
        }
    }

    /// Rows of one text have one answer.
    @Test func aBoardTellsWhatIsDead() throws {
        try tool.writeTask(dev: "a film\t1\na film\t0\n")
        let search = ["--search", "optimizer.rate=1e-3,1e-4", "--output", "same", "--set", "epochs=1"]
        let result = try tool.run(tool.finetuning(search))
        #expect(result.code == 0, "\(result.error)")
        let board = try String(contentsOf: tool.file("same/leaderboard.md"), encoding: .utf8)
        #expect(board.components(separatedBy: "| 1 | 50.0% (dead) |").count == 3, "\(board)")
    }

    @Test func aSearchGoesOnWithoutWhatDivergesAndReadsAllPointsFirst() throws {
        try tool.writeTask(train: String(repeating: "a fine film \t1\na dull film \t0\n", count: 30))
        // Decay of 1 at a rate of 10 makes weights nine times as large every step.
        let settings = ["optimizer.decay=1", "schedule.warmup=0%", "batch=1 sequences"].flatMap { ["--set", $0] }
        let search = ["--search", "optimizer.rate=10,1e-3", "--output", "grid"]
        let result = try tool.run(tool.finetuning(search + settings))
        #expect(result.code == 0, "\(result.error)")
        let board = try String(contentsOf: tool.file("grid/leaderboard.md"), encoding: .utf8).split(separator: "\n")
        #expect(board[2].contains("rate=1e-3") && board[3].contains("rate=10 | diverged"), "\(board)")
        let runs = try tool.run("runs", "grid").output.split(separator: "\n")
        #expect(runs.contains { $0.contains("rate=10 ") && $0.contains(" diverged ") }, "\(runs)")
        #expect(runs.contains { $0.contains("rate=1e-3 ") && $0.contains(" finished ") }, "\(runs)")
        // A later search that knows nothing of a point would lose its row, and point best elsewhere.
        let other = try tool.run(
            tool.finetuning(["--search", "optimizer.rate=1e-3,1e-5", "--output", "grid"] + settings))
        #expect(
            other.code == 1
                && other.error.hasPrefix(
                    "Error: grid: holds optimizer.rate=10, whose row the table would lose; try its"),
            "\(other.error)")
        // Of the best of them.
        let page = try tool.run("report", "grid")
        #expect(
            page.code == 0 && page.output == "grid/optimizer.rate=1e-3/report.html\n", "\(page.output)\(page.error)")
        let round = try tool.shell("mkdir round; ln -s ./best round/best; yoso report round")
        #expect(round.code == 1 && round.error.hasSuffix("metrics.jsonl: no such log\n"), "\(round.error)")
        let wrong = try tool.run(tool.finetuning(["--search", "optimizer.rate=1e-3,fast", "--output", "wrong"]))
        #expect(wrong.code == 1 && wrong.error.contains("optimizer.rate is 'fast'") && !tool.exists("wrong"))
        let long = try tool.run(tool.finetuning(["--search", "layers.frozen=0,5", "--output", "long"]))
        #expect(long.code == 1 && long.error.contains("layers.frozen is 5") && !tool.exists("long"), "\(long.error)")
        let alike = try tool.run(tool.finetuning(["--search", "seed=a;b,a|b", "--output", "alike"]))
        #expect(
            alike.code == 64
                && alike.error.hasPrefix("Error: --search: 'seed=a;b' and 'seed=a|b' are both folder seed=a"),
            "\(alike.error)")
        let both = try tool.run(
            tool.finetuning(["--search", "optimizer.rate=1e-3,1e-4", "--set", "optimizer.rate=1"]))
        #expect(both.code == 64 && both.error.contains("optimizer.rate is both set and searched"))
    }

    @Test func aProtocolSetsItsKeysAndTablesDoNotMixThem() throws {
        let electra = tool.finetuning(["--protocol", "electra", "--output", "all/sst2"])
        let result = try tool.run(electra)
        #expect(result.code == 0, "\(result.error)")
        let recipe = try String(contentsOf: tool.file("all/sst2/recipe.yaml"), encoding: .utf8)
        #expect(recipe.contains("rateDecay: 0.8") && recipe.contains("selection: last") && recipe.contains("epochs: 2"))
        try tool.write(
            "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t0\n1\ta\tc\t1\n", to: "glue/WNLI/train.tsv")
        try FileManager.default.copyItem(
            at: tool.file("glue/WNLI/train.tsv"), to: tool.file("glue/WNLI/dev.tsv"))
        let other = try tool.run(
            "finetune", "--task", "wnli", "--checkpoint", "run/best", "--data", "glue", "--output", "all/wnli", "--set",
            "length=16", "--set", "epochs=1")
        #expect(other.code == 0, "\(other.error)")
        let mixed = try tool.run("evaluate", "--task", "all", "--checkpoint", "all")
        #expect(mixed.code == 1)
        #expect(
            mixed.error.contains(
                "Error: all/wnli/best: is by protocol own, settings "))
        #expect(mixed.error.contains(", SST-2 by protocol electra but for epochs=2, settings "))
        let unknown = try tool.run(tool.finetuning(["--protocol", "best"]))
        #expect(
            unknown.code == 64
                && unknown.error.contains("--protocol best (did you mean 'bert'?): wanted one of bert, miniatures, "))
    }

    @Test func aProtocolPrintsWhatOthersPublishedByIt() throws {
        let options = [
            "finetune", "--task", "sst2", "--protocol", "m-fac", "--checkpoint", "run/best", "--data", "glue", "--set",
            "length=16", "--output",
        ]
        let result = try tool.run(options + ["all/sst2"])
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("published, dev: Mini 4x256: accuracy 85.5"))
        let table = try tool.run("evaluate", "--task", "all", "--checkpoint", "all").output
        #expect(table.contains("| task | score | metrics | dev rows | | published |"))
        #expect(table.contains("| Tiny 2x128: accuracy 80.1; Mini 4x256: accuracy 85.5 |"))
        #expect(
            table.contains("; model cards of M-FAC/bert-mini-finetuned-*, Adam; published: dev scores, over 5 seeds"))
        // Of other settings nobody published anything.
        let changed = try tool.run(options + ["changed/sst2", "--set", "epochs=1"])
        #expect(
            changed.output.contains(
                "note: the settings are not those of a published protocol: m-fac but for epochs=1\n"))
        #expect(!changed.output.contains("published, dev:"), "\(changed.output)")
        let others = try tool.run("evaluate", "--task", "all", "--checkpoint", "changed").output
        #expect(
            others.contains("protocol m-fac but for epochs=1, settings ") && !others.contains("published"), "\(others)")
        #expect(try tool.run("export", "changed/sst2", "--output", "card").code == 0)
        let card = try String(contentsOf: tool.file("card/README.md"), encoding: .utf8)
        #expect(card.contains("By the protocol `m-fac but for epochs=1`, settings `"), "\(card)")
        // Where it begins is a part of it.
        let sane = try tool.run(
            tool.finetuning(["--protocol", "sane", "--checkpoint", "all/sst2", "--output", "sane"]))
        #expect(
            sane.code == 64
                && sane.error.contains("every task begins from the pretrained weights, not from those of sst2\n"),
            "\(sane.error)")
        #expect(!tool.exists("sane"))
        let rows = "index\tsentence1\tsentence2\tlabel\n0\ta cat\ta dog\tentailment\n1\ta\tb\tnot_entailment\n"
        for file in ["train", "dev"] { try tool.write(rows, to: "glue/RTE/\(file).tsv") }
        let mosaic = try tool.run(
            "finetune", "--task", "rte", "--protocol", "mosaic", "--checkpoint", "run/best", "--data", "glue",
            "--set", "length=16", "--output", "mosaic")
        let note =
            "note: the settings are not those of a published protocol: mosaic but for length=16, the start from MNLI; "
            + "--from-task mnli begins there\n"
        #expect(mosaic.code == 0 && mosaic.output.contains(note), "\(mosaic.output)\(mosaic.error)")
        // Of all tasks one table, which is read again.
        let name = "protocol mosaic but for length=16, the start from MNLI, settings "
        let both = try tool.run(
            "finetune", "--task", "all", "--protocol", "mosaic", "--from-task", "sst2", "--checkpoint", "run/best",
            "--data", "glue", "--set", "length=16", "--output", "both")
        #expect(both.code == 0 && both.output.contains(name), "\(both.output)\(both.error)")
        let read = try tool.run("evaluate", "--task", "all", "--checkpoint", "both")
        #expect(read.code == 0 && read.output.contains(name), "\(read.output)\(read.error)")
    }
}
