import Foundation
import Tensors
import Testing

/// What people do with a fine-tuned checkpoint.
@Suite(.serialized) struct ClassifierTests {
    private let tool: CommandLineTool

    init() throws { tool = try .withPretrainedRun() }

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
        let input = "a fine film\n\r\nfine, dull\r\nsaid \"no\nlast\u{2028}one"
        let predictions = try predict(input)
        #expect(predictions.count == 5)
        for prediction in predictions {
            #expect(abs(prediction.probabilities.values.reduce(0, +) - 1) < 1e-5)
            #expect(Set(prediction.probabilities.keys) == ["negative", "positive"])
            #expect(prediction.probabilities.max { $0.value < $1.value }?.key == prediction.label)
        }
        // However many are predicted together.
        let single = try predict(input, ["--batch", "1", "--threads", "1"])
        #expect(single.count == 5)
        for (one, other) in zip(single, predictions) {
            #expect(abs((one.probabilities["positive"] ?? 0) - (other.probabilities["positive"] ?? 0)) < 1e-5)
        }
        if Precision.bf16.isAvailable {
            let rounded = try predict(input, ["--precision", "bf16"])
            #expect(rounded.count == 5)
            for (one, other) in zip(rounded, predictions) {
                #expect(abs((one.probabilities["positive"] ?? 0) - (other.probabilities["positive"] ?? 0)) < 0.01)
            }
            #expect(rounded.map(\.probabilities) != predictions.map(\.probabilities))
        }
    }

    /// The run stands for its best checkpoint.
    @Test func badLinesFilesAndClosedOutputs() throws {
        #expect(try tool.run(tool.finetuning()).code == 0)
        try tool.write("a\nb\tc\n{\"text\": \"d\", \"id\": 7}\n", to: "lines")
        let predict = ["predict", "--checkpoint", "tuned", "--input", "lines", "--output"]
        let bad = try tool.run(predict + ["answers"])
        #expect(bad.code == 1 && bad.output.isEmpty)
        #expect(bad.error == "Error: lines: 1 of 3 lines have no prediction; each says why in its place\n")
        let answers = try String(contentsOf: tool.file("answers"), encoding: .utf8).split(separator: "\n")
        #expect(answers.count == 3)
        #expect(answers[1] == #"{"error":"two texts, but the model was fine-tuned on one","line":2}"#)
        #expect(answers[2].hasPrefix(#"{"id":7,"label":""#))
        // What cannot be read costs no older answers, and no name of the input takes its place.
        try tool.write("a\n", to: "mine")
        let files = try tool.shell(
            """
            ask() { yoso predict --checkpoint tuned "$@" > /dev/null; echo $?; }
            ask --input nowhere --output answers; ln lines hard; ln -s lines soft
            for to in ./lines hard soft; do ask --input lines --output $to; done; ask --output mine < mine; wc -c lines mine
            yoso embed --checkpoint run --input lines --output hard; echo $?
            """)
        #expect(files.output == "1\n64\n64\n64\n64\n29 lines\n 2 mine\n31 total\n64\n", "\(files.output)\(files.error)")
        #expect(try String(contentsOf: tool.file("answers"), encoding: .utf8).split(separator: "\n") == answers)
        let full = try tool.run(predict + ["/dev/full"])
        #expect(full.code == 1 && full.error == "Error: /dev/full: cannot be written: No space left on device\n")
        let none = try tool.run("predict", "--checkpoint", "tuned", "--input", "none")
        #expect(none.code == 1 && none.error == "Error: none: cannot be read: No such file or directory\n")
    }

    /// Such a checkpoint has checksums where it was saved and then diverged elsewhere; here they are taken away.
    @Test func weightsThatAreNoNumbersAreNamed() throws {
        #expect(try tool.run(tool.finetuning()).code == 0)
        for run in ["run", "tuned"] {
            let folder = tool.file("\(run)/best").resolvingSymlinksInPath()
            try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
            let file = folder.appendingPathComponent("model.safetensors")
            var weights = try Data(contentsOf: file)
            let place = weights.count / 8 * 4
            weights.replaceSubrange(place..<place + 4, with: Data(repeating: 0xFF, count: 4))
            try weights.write(to: file)
        }
        for command in [["predict", "--checkpoint", "tuned"], ["evaluate", "--checkpoint", "tuned"]] {
            let result = try tool.run(command, input: "a\n")
            #expect(result.code == 1 && result.output.isEmpty)
            #expect(result.error.contains("Error: tuned/best/model.safetensors: "), "\(result.error)")
            #expect(result.error.contains(" holds values that are no finite numbers"), "\(result.error)")
        }
        let fill = try tool.run("fill", "a [MASK]", "--checkpoint", "run")
        #expect(fill.code == 1 && fill.error.contains(" holds values that are no finite numbers"), "\(fill.error)")
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
        let swapped = text.replacingOccurrences(of: "\"0\" : \"negative\"", with: "\"0\" : \"1\"")
            .replacingOccurrences(of: "\"1\" : \"positive\"", with: "\"1\" : \"0\"")
        #expect(swapped != text)
        try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
        try Data(swapped.utf8).write(to: config)
        let evaluated = try tool.run(evaluate)
        let note = "note: tuned/best: it has no checksums.json"
        #expect(evaluated.error.contains(note) && !evaluated.output.contains(note))
        let after = evaluated.output
        func accuracy(_ output: String) -> Double? {
            output.split(separator: " ").firstIndex(of: "accuracy").flatMap {
                Double(output.split(separator: " ")[$0 + 1].dropLast())
            }
        }
        let sum = try #require(accuracy(before)) + #require(accuracy(after))
        #expect(abs(sum - 100) < 0.11, "\(before)\(after)")
        try Data(text.replacingOccurrences(of: "\"0\" : \"negative\"", with: "\"0\" : \"no\"").utf8).write(to: config)
        let wrong = try tool.run(evaluate)
        #expect(wrong.code == 1 && wrong.error.contains("its labels are no, positive; SST-2 wants 0, 1"))
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
        for part in [
            "<b>Accuracy</b>", "<th>negative</th>", "Confusions", "Reliability", "Calibration",
            "most confident mistakes", "task: sst2",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(!page.contains("<fine>") && page.contains("SST-2: 2 of 67,349 training rows"))
        // Interrupted in its first epoch it has steps alone.
        let log = try String(contentsOf: tool.file("tuned/metrics.jsonl"), encoding: .utf8)
        let steps = log.split(separator: "\n").filter { $0.contains("\"kind\":\"step\"") }
        try tool.write(steps.joined(separator: "\n") + "\n", to: "early/metrics.jsonl")
        try FileManager.default.copyItem(at: tool.file("tuned/recipe.yaml"), to: tool.file("early/recipe.yaml"))
        let early = try tool.run("report", "early")
        #expect(early.code == 0, "\(early.error)")
        #expect(try tool.run("report", "run").code == 0)
        let pretraining = try String(contentsOf: tool.file("run/report.html"), encoding: .utf8)
        #expect(pretraining.contains("<b>Masked loss</b>") && !pretraining.contains("Confusions"))
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
        // What is compressed has its text's traits.
        let packed = try tool.shell("gzip -n glue/SST-2/dev.tsv && yoso data check glue")
        #expect(
            packed.output.contains(/dev\.tsv\.gz: 2 of .* 1 unbalanced quotation mark in all\n/), "\(packed.output)")
        try FileManager.default.removeItem(at: tool.file("glue/SST-2/dev.tsv.gz"))
        try tool.write("sentence\tlabel\nbad\n", to: "glue/SST-2/dev.tsv")
        let damaged = try tool.run(check)
        #expect(damaged.code == 1 && damaged.output.contains("glue/SST-2/dev.tsv:2: 1 columns, wanted 2"))
        let none = try tool.run("data", "check", "text")
        #expect(none.code == 1 && none.error.contains("Error: text: holds no file of a task"))
    }

    @Test func aWarmUpThatIsLongerThanTheRunIsSaid() throws {
        let long = try tool.run(tool.finetuning(["--set", "schedule.warmup=500 steps"]))
        #expect(long.code == 0)
        #expect(
            (long.output + long.error).contains(/schedule.warmup is 500 steps, more than the \d+ of the run/),
            "\(long.output)\(long.error)")
    }

    /// Nothing gets better at a rate of next to nothing.
    @Test func aRunThatPatienceEndedStaysAsItIs() throws {
        let run = tool.finetuning(["--set", "optimizer.rate=1e-30", "--set", "patience=1", "--set", "epochs=9"])
        #expect(try tool.run(run).code == 0)
        let log = try String(contentsOf: tool.file("tuned/metrics.jsonl"), encoding: .utf8)
        #expect(log.components(separatedBy: "\"kind\":\"epoch\"").count == 3)
        // Steps say which epoch they are of, from 1.
        #expect(log.contains("\"epoch\":1,") && log.contains("\"epoch\":2,") && !log.contains("\"epoch\":0,"))
        #expect(try tool.run(run).code == 0)
        #expect(try String(contentsOf: tool.file("tuned/metrics.jsonl"), encoding: .utf8) == log)
        let last = try tool.run(run + ["--set", "selection=last"])
        #expect(last.code == 1 && last.error.contains("patience wants selection: best"))
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
        try FileManager.default.createDirectory(at: tool.file("one"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: tool.file("Checkpoints/wnli"), to: tool.file("one/wnli"))
        let table = try tool.run(
            "evaluate", "--task", "all", "--checkpoint", "one", "--data", "glue", "--wnli", "train")
        #expect(table.output.contains("; from SST-2; WNLI: 2 of "), "\(table.output)\(table.error)")
        #expect(try tool.run(wnli + ["wnli", "--output", "again"]).code == 0)
        try FileManager.default.copyItem(at: tool.file("Checkpoints/sst2"), to: tool.file("Checkpoints/rte"))
        let other = try tool.run(wnli + ["rte"])
        #expect(other.code == 1 && other.error.contains("was fine-tuned on sst2; wanted rte"))
        #expect(try tool.run(wnli + ["sst2", "--checkpoint", "run/best"]).code == 64)
    }

    @Test func thePoolerThatSentenceOrderTrainedIsKept() throws {
        let yoso = ["--set", "model.attention=yosoExpectation", "--set", "examples.sentenceOrder=true"]
        #expect(try tool.run(tool.pretraining(steps: 2, output: "pairs", yoso)).code == 0)
        func tune(_ more: [String] = []) throws -> String {
            let tuned = try tool.run(tool.finetuning(["--checkpoint", "pairs/best"] + more))
            #expect(tuned.code == 0, "\(tuned.error)")
            return tuned.output
        }
        #expect(try tune().contains("new weights: classifier.weight, classifier.bias\n"))
        #expect(try predict("a fine film").count == 1)
        #expect(try tool.run("runs").code == 0)
        let fresh = try tune(["--output", "fresh", "--set", "layers.fresh=1"])
        #expect(
            fresh.contains("new weights: classifier.bias, classifier.weight, 16 of yoso.encoder, 2 of yoso.pooler\n"),
            "\(fresh)")
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
            refused.error.contains("Error: no all/cola/best, no glue/CoLA/test.tsv, no all/mrpc/best, "))
        // What is to be known of a checkpoint stands apart from what is told of the files.
        try FileManager.default.removeItem(
            at: tool.file("all/sst2/best").resolvingSymlinksInPath().appendingPathComponent("checksums.json"))
        let filled = try tool.run(submit + ["--fill-missing"])
        #expect(filled.code == 0, "\(filled.error)")
        #expect(filled.error.contains("note: all/sst2/best: it has no checksums.json"), "\(filled.error)")
        #expect(filled.output.contains("SST-2: 1,821 rows by all/sst2/best"))
        let checked = try tool.run("submit", "--check", "submission.zip")
        #expect(checked.code == 0 && checked.output.contains("all 11 files are as the server wants them"))
        try tool.write("index\tsentence\n0\ta film\n", to: "glue/SST-2/test.tsv")
        let short = try tool.run(submit + ["--fill-missing"])
        #expect(short.code == 1 && short.error.contains("SST-2: 1 test rows; the server wants the official 1821"))
    }
}
