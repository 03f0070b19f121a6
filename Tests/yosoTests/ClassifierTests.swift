import Foundation
import Tensors
import Testing

/// What people do with a fine-tuned checkpoint, and with several.
@Suite(.serialized) struct ClassifierTests {
    private let tool: CommandLineTool

    init() throws {
        tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
    }

    private struct Prediction: Decodable {
        let label: String
        let probabilities: [String: Double]
    }

    private func predict(_ input: String, _ more: [String] = []) throws -> [Prediction] {
        let result = try tool.run(["predict", "--checkpoint", "tuned/best"] + more, input: input)
        #expect(result.code == 0, "\(result.error)")
        return try result.output.split(separator: "\n").map {
            try JSONDecoder().decode(Prediction.self, from: Data($0.utf8))
        }
    }

    @Test func everyLineGetsAPrediction() throws {
        #expect(try tool.run(tool.finetuning()).code == 0)
        let input = "a fine film\n\r\nfine\tdull\r\nsaid \"no\nlast\u{2028}one"
        let predictions = try predict(input)
        #expect(predictions.count == 5)
        for prediction in predictions {
            #expect(abs(prediction.probabilities.values.reduce(0, +) - 1) < 1e-5)
            #expect(prediction.probabilities.max { $0.value < $1.value }?.key == prediction.label)
        }
        // However many are predicted together.
        let single = try predict(input, ["--batch", "1", "--threads", "1"])
        for (one, other) in zip(single, predictions) {
            #expect(abs((one.probabilities["1"] ?? 0) - (other.probabilities["1"] ?? 0)) < 1e-5)
        }
        if Precision.bf16.isAvailable {
            let rounded = try predict(input, ["--precision", "bf16"])
            for (one, other) in zip(rounded, predictions) {
                #expect(abs((one.probabilities["1"] ?? 0) - (other.probabilities["1"] ?? 0)) < 0.01)
            }
            #expect(rounded.map(\.probabilities) != predictions.map(\.probabilities))
        }
        let wide = try tool.run(["predict", "--checkpoint", "tuned/best"], input: "a\nb\tc\td\n")
        #expect(wide.code == 1 && wide.output.split(separator: "\n").count == 1)
        #expect(wide.error.contains("Error: standard input:2: 3 columns, wanted a sentence, or two with a tab between"))
    }

    @Test func aCheckpointWithoutAClassifierIsRefused() throws {
        let result = try tool.run(["predict", "--checkpoint", "run/best"], input: "a\n")
        #expect(result.code == 1 && result.error.contains("Error: run/best: has no classifier; fine-tune it first"))
    }

    /// Another program's order of labels is converted by name.
    @Test func labelsAreMatchedByName() throws {
        try tool.writeTask(dev: "a fine film\t1\na dull film\t0\na fine dog\t1\n")
        #expect(try tool.run(tool.finetuning()).code == 0)
        let evaluate = ["evaluate", "--checkpoint", "tuned/best"]
        let before = try tool.run(evaluate).output
        let folder = tool.file("tuned/best").resolvingSymlinksInPath()
        let config = folder.appendingPathComponent("config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        let swapped = text.replacingOccurrences(of: "\"0\" : \"0\"", with: "\"0\" : \"one\"")
            .replacingOccurrences(of: "\"1\" : \"1\"", with: "\"1\" : \"0\"")
            .replacingOccurrences(of: "\"0\" : \"one\"", with: "\"0\" : \"1\"")
        #expect(swapped != text)
        try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
        try Data(swapped.utf8).write(to: config)
        let after = try tool.run(evaluate).output
        func accuracy(_ output: String) -> Double? {
            output.split(separator: " ").firstIndex(of: "accuracy").flatMap {
                Double(output.split(separator: " ")[$0 + 1].dropLast())
            }
        }
        let sum = try #require(accuracy(before)) + #require(accuracy(after))
        #expect(abs(sum - 100) < 0.11, "\(before)\(after)")
        try Data(text.replacingOccurrences(of: "\"0\" : \"0\"", with: "\"0\" : \"no\"").utf8).write(to: config)
        let wrong = try tool.run(evaluate)
        #expect(wrong.code == 1 && wrong.error.contains("its labels are no, 1; SST-2 wants 0, 1"))
    }

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
        #expect(table.contains("| WNLI | 50.0 | accuracy 50.0 | 2 | by majority |"))
        #expect(table.contains("| STS-B | ") && table.contains("| SST-2 | "))
        #expect(table.contains("of 3 tasks, without CoLA, MRPC, QQP, MNLI, QNLI, RTE |"))
        #expect(result.output.hasSuffix(table + "\n"))
        // Again: every run had ended.
        #expect(try tool.run(arguments).output.hasSuffix(table + "\n"))
        let evaluation = try tool.run(["evaluate", "--task", "all", "--checkpoint", "all"])
        #expect(evaluation.code == 0, "\(evaluation.error)")
        let line = try #require(table.split(separator: "\n").first { $0.hasPrefix("| STS-B") })
        #expect(evaluation.output.contains(line))
        #expect(evaluation.output.contains("of 2 tasks, without "))
        let none = try tool.run(["evaluate", "--task", "all", "--checkpoint", "run"])
        #expect(none.code == 1 && none.error.contains("holds no run of a task"))
    }

    @Test func aRunHasPredictionsAndAPage() throws {
        try tool.writeTask(dev: "a <fine> film\t1\na dull film\t0\n\t1\n")
        #expect(try tool.run(tool.finetuning()).code == 0)
        let lines = try String(contentsOf: tool.file("tuned/predictions.tsv"), encoding: .utf8)
            .split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        #expect(lines.count == 4)
        #expect(lines[0] == ["set", "index", "label", "prediction", "p(0)", "p(1)", "text1"])
        #expect(lines[1][0] == "SST-2" && lines[1][1] == "0" && lines[1][2] == "1" && lines[1][6] == "a <fine> film")
        #expect(lines[3][1] == "2" && lines[3][6] == "")
        let result = try tool.run("report", "tuned")
        #expect(result.code == 0 && result.output == "tuned/report.html\n", "\(result.error)")
        let page = try String(contentsOf: tool.file("tuned/report.html"), encoding: .utf8)
        for part in ["Dev score over epochs", "Confusions", "Calibration", "most confident mistakes", "task: sst2"] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(!page.contains("<fine>"))
        #expect(try tool.run("report", "run").code == 0)
        let pretraining = try String(contentsOf: tool.file("run/report.html"), encoding: .utf8)
        #expect(pretraining.contains("Masked loss over steps") && !pretraining.contains("Confusions"))
        let none = try tool.run("report", "text")
        #expect(none.code == 1 && none.error.contains("text/metrics.jsonl: no such log"))
    }

    @Test func dataAreChecked() throws {
        try tool.writeTask(train: "a fine film\t1\na dull film\t0\n", dev: "a fine film\t1\nsaid \"no\t0\n")
        let check = ["data", "check", "glue", "--vocabulary", "Vocab/sample", "--lengths", "3"]
        let good = try tool.run(check + ["--corpus", "text"])
        #expect(good.code == 0, "\(good.error)")
        #expect(
            good.output.contains(
                "glue/SST-2/train.tsv: 2 of 67,349 rows, not the official set; labels 0 50.0%, 1 50.0%"))
        #expect(
            good.output.contains("1 unbalanced quotation mark") && good.output.contains("longer than 3 tokens: 100.0%"))
        #expect(good.output.contains("1 rows have the very texts of a training row"))
        #expect(good.output.contains("SST-2: 0 of 0 dev sentences") && good.output.contains("2 files, 0 damaged"))
        try tool.write("sentence\tlabel\nbad\n", to: "glue/SST-2/dev.tsv")
        let damaged = try tool.run(check)
        #expect(damaged.code == 1 && damaged.output.contains("glue/SST-2/dev.tsv:2: 1 columns, wanted 2"))
        let none = try tool.run("data", "check", "text")
        #expect(none.code == 1 && none.error.contains("Error: text: holds no file of a task"))
    }

    @Test func aGridIsSearchedByHalving() throws {
        let search = [
            "--search", "optimizer.rate=1e-3,1e-4", "--search", "batch=1 sequences,2 sequences", "--output", "grid",
        ]
        let result = try tool.run(tool.finetuning(search + ["--set", "epochs=4"]))
        #expect(result.code == 0, "\(result.error)")
        let board = try String(contentsOf: tool.file("grid/leaderboard.md"), encoding: .utf8).split(separator: "\n")
        #expect(board.count == 6)
        let epochs = try board.dropFirst(2).map { try #require(Int($0.split(separator: " ")[5])) }
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
        #expect(try tool.run(tool.finetuning(["--search", "optimizer.rate=,1"])).code == 64)
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
        let wrong = try tool.run(tool.finetuning(["--search", "optimizer.rate=1e-3,fast", "--output", "wrong"]))
        #expect(wrong.code == 1 && wrong.error.contains("optimizer.rate is 'fast'") && !tool.exists("wrong"))
        let both = try tool.run(
            tool.finetuning(["--search", "optimizer.rate=1e-3,1e-4", "--set", "optimizer.rate=1"]))
        #expect(both.code == 64 && both.error.contains("optimizer.rate is both set and searched"))
    }

    /// Nothing gets better at a rate of next to nothing.
    @Test func aRunThatPatienceEndedStaysAsItIs() throws {
        let run = tool.finetuning(["--set", "optimizer.rate=1e-30", "--set", "patience=1", "--set", "epochs=9"])
        #expect(try tool.run(run).code == 0)
        let log = try String(contentsOf: tool.file("tuned/metrics.jsonl"), encoding: .utf8)
        #expect(log.components(separatedBy: "\"kind\":\"epoch\"").count == 3)
        #expect(try tool.run(run).code == 0)
        #expect(try String(contentsOf: tool.file("tuned/metrics.jsonl"), encoding: .utf8) == log)
        let last = try tool.run(run + ["--set", "selection=last"])
        #expect(last.code == 1 && last.error.contains("patience wants selection: best"))
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
                "Error: all/wnli/best: its protocol is own, that of SST-2 electra; one table has one protocol"))
        let unknown = try tool.run(tool.finetuning(["--protocol", "best"]))
        #expect(unknown.code == 64 && unknown.error.contains("--protocol best: wanted one of bert, miniatures, "))
    }

    @Test func aProtocolPrintsWhatOthersPublishedByIt() throws {
        let options = ["--protocol", "m-fac", "--output", "all/sst2"]
        let result = try tool.run(tool.finetuning(options))
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("published, dev: Mini 4x256: accuracy 85.5"))
        let table = try tool.run("evaluate", "--task", "all", "--checkpoint", "all").output
        #expect(table.contains("| task | score | metrics | dev rows | | published |"))
        #expect(table.contains("| Tiny 2x128: accuracy 80.1; Mini 4x256: accuracy 85.5 |"))
        #expect(
            table.contains("protocol m-fac: model cards of M-FAC/bert-mini-finetuned-*, Adam; published: dev scores"))
    }

    @Test func aTaskBeginsFromAnother() throws {
        try tool.write("index\tsentence1\tsentence2\tlabel\n0\ta\tb\t0\n1\ta\tc\t1\n", to: "glue/WNLI/train.tsv")
        try tool.write("index\tsentence1\tsentence2\tlabel\n0\ta\tb\t0\n1\ta\tc\t1\n", to: "glue/WNLI/dev.tsv")
        let wnli = [
            "finetune", "--task", "wnli", "--data", "glue", "--set", "length=16", "--set", "epochs=1", "--from-task",
        ]
        let early = try tool.run(wnli + ["sst2"])
        #expect(early.code == 1)
        #expect(early.error.contains("Checkpoints/sst2/best: is not there; run yoso finetune --task sst2 before"))
        #expect(try tool.run(tool.finetuning(["--output", "Checkpoints/sst2"])).code == 0)
        let result = try tool.run(wnli + ["sst2"])
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("weights of Checkpoints/sst2/best"))
        #expect(try tool.run(wnli + ["wnli", "--output", "again"]).code == 0)
        try FileManager.default.copyItem(at: tool.file("Checkpoints/sst2"), to: tool.file("Checkpoints/rte"))
        let other = try tool.run(wnli + ["rte"])
        #expect(other.code == 1 && other.error.contains("was fine-tuned on sst2; wanted rte"))
        #expect(try tool.run(wnli + ["sst2", "--checkpoint", "run/best"]).code == 64)
    }

    @Test func seedsHaveStatisticsAndAreCompared() throws {
        let options = ["--set", "epochs=1", "--seeds", "3"]
        let first = try tool.run(tool.finetuning(options + ["--output", "a"]))
        #expect(first.code == 0, "\(first.error)")
        #expect(first.output.contains("3 seeds: median ") && first.output.contains("; 0 diverged, "))
        #expect(tool.exists("a/seed-3/best") && tool.exists("a/seeds.json"))
        // Again: every run had ended.
        let again = try tool.run(tool.finetuning(options + ["--output", "a"]))
        #expect(again.output.split(separator: "\n").last == first.output.split(separator: "\n").last)
        #expect(!again.output.contains("saved"))
        let wild = try tool.run(tool.finetuning(options + ["--output", "b", "--set", "optimizer.rate=1e-7"]))
        #expect(wild.code == 0, "\(wild.error)")
        let comparison = try tool.run("compare", "a", "b")
        #expect(comparison.code == 0, "\(comparison.error)")
        #expect(comparison.output.contains(" on SST-2 by "))
        let none = try tool.run("compare", "a", "run")
        #expect(none.code == 1 && none.error.contains("Error: run: no seeds.json; wanted a folder of"))
        #expect(try tool.run(tool.finetuning(["--seeds", "0"])).code == 64)
    }

    @Test func testSetsBecomeAnArchive() throws {
        #expect(try tool.run(tool.finetuning()).code == 0)
        try FileManager.default.createDirectory(at: tool.file("all"), withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: tool.file("tuned"), to: tool.file("all/sst2"))
        let rows = (0..<1821).map { "\($0)\ta film\n" }.joined()
        try tool.write("index\tsentence\n" + rows, to: "glue/SST-2/test.tsv")
        let submit = ["submit", "--checkpoints", "all", "--data", "glue"]
        let refused = try tool.run(submit)
        #expect(refused.code == 1)
        #expect(
            refused.error.contains("Error: CoLA: no all/cola/best, no glue/CoLA/test.tsv; or pass --fill-missing"))
        let filled = try tool.run(submit + ["--fill-missing"])
        #expect(filled.code == 0, "\(filled.error)")
        #expect(filled.output.contains("SST-2: 1,821 rows by all/sst2/best"))
        let checked = try tool.run("submit", "--check", "submission.zip")
        #expect(checked.code == 0 && checked.output.contains("all 11 files are as the server wants them"))
        try tool.write("index\tsentence\n0\ta film\n", to: "glue/SST-2/test.tsv")
        let short = try tool.run(submit + ["--fill-missing"])
        #expect(short.code == 1 && short.error.contains("SST-2: 1 test rows; the server wants the official 1821"))
    }

    @Test func masksAreFilled() throws {
        let fill = try tool.run("fill", "the [MASK] sat on the [MASK].", "--checkpoint", "run/best", "--top", "3")
        #expect(fill.code == 0, "\(fill.error)")
        let lines = fill.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("mask 1: ") && lines[1].hasPrefix("mask 2: "))
        #expect(lines.allSatisfy { $0.split(separator: "%").count == 3 })
        let none = try tool.run("fill", "the cat", "--checkpoint", "run/best")
        #expect(none.code == 64 && none.error.contains("the text has no [MASK]"))
    }
}
