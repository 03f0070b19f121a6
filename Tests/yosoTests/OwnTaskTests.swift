import Foundation
import Testing

/// A task of the user's own on the command line: all that those of GLUE have.
@Suite(.serialized) struct OwnTaskTests {
    private let tool: CommandLineTool

    init() throws {
        tool = try .withPretrainedRun()
        let settings = "length: 16\nepochs: 1\nbatch: 4 sequences\n"
        try tool.write(
            "kind: finetuning\nname: reviews\n\(settings)"
                + "task: { train: reviews.csv, text: [headline, body], label: stars, metric: macroF1 }\n",
            to: "own/reviews.yaml")
        let reviews = (0..<40).map { "\"a \"\"\($0)\"\" film\",\"it was\nlong, \($0 % 4)\",\([1, 2, 10][$0 % 3])\n" }
        try tool.write("headline,body,stars\n" + reviews.joined(), to: "own/reviews.csv")
        try tool.write(
            "kind: finetuning\nname: topics\n\(settings)task: { train: t.jsonl.gz, dev: d.tsv, text: text, label: topics, "
                + "kind: labels }\n", to: "own/topics.yaml")
        let topics = (0..<20).map {
            #"{"text": "text \#($0)", "topics": \#($0 % 2 == 0 ? #"["food"]"# : #"["food", "price"]"#)}"#
        }
        try tool.write(topics.joined(separator: "\n"), to: "own/t.jsonl")
        #expect(try tool.shell("gzip own/t.jsonl").code == 0)
        try tool.write("text\ttopics\na text\t[\"price\"]\nanother\t[]\n", to: "own/d.tsv")
        try tool.write(
            "kind: finetuning\nname: marks\n\(settings)task: { train: m.tsv, text: text, label: mark, kind: value }\n",
            to: "own/marks.yaml")
        try tool.write("text\tmark\n" + (0..<30).map { "text \($0)\t\(Double($0) / 7)\n" }.joined(), to: "own/m.tsv")
    }

    private func finetune(_ recipe: String, _ more: String...) throws -> CommandLineTool.Result {
        let result = try tool.run(["finetune", "own/\(recipe).yaml", "--checkpoint", "run/best"] + more)
        #expect(result.code == 0, "\(result.error)")
        return result
    }

    private func config(_ run: String) throws -> [String: Any] {
        let data = try Data(contentsOf: tool.file("Checkpoints/\(run)/best/config.json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func classesOfPairsInCSV() throws {
        let result = try finetune("reviews")
        let labels = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("labels: ") })
        let counts = labels.dropFirst(8).components(separatedBy: ", ").map {
            $0.split(separator: " ").compactMap { Int($0) }
        }
        #expect(counts.map(\.first) == [1, 2, 10] && counts.reduce(0) { $0 + $1[1] } == 36, "\(labels)")
        let config = try config("reviews")
        #expect(config["id2label"] as? [String: String] == ["0": "1", "1": "2", "2": "10"])
        #expect(config["problem_type"] as? String == "single_label_classification")
        // From the checkpoint alone, and on another file.
        let score = try #require(result.output.split(separator: "\n").last { $0.hasPrefix("best: ") })
        let evaluation = try tool.run("evaluate", "--checkpoint", "Checkpoints/reviews")
        #expect(evaluation.code == 0 && evaluation.output.hasPrefix("reviews dev: accuracy "), "\(evaluation.error)")
        let scores = evaluation.output.components(separatedBy: "dev: ").last?.components(separatedBy: " rows").first
        #expect(try score.contains(#require(scores)), "\(score), \(evaluation.output)")
        #expect(!evaluation.error.contains("warning"))
        let byName = try tool.run("evaluate", "--checkpoint", "Checkpoints/reviews", "--task", "reviews")
        #expect(byName.code == 0 && byName.output.hasPrefix("reviews dev: accuracy "), "\(byName.error)")
        // From where another file has the name of the run's, which is told.
        let whole = try String(contentsOf: tool.file("own/reviews.csv"), encoding: .utf8)
        try tool.write(whole.replacing(",1\n", with: ",2\n"), to: "elsewhere/own/reviews.csv")
        let elsewhere = try tool.shell("cd elsewhere && yoso evaluate --checkpoint ../Checkpoints/reviews")
        #expect(
            elsewhere.code == 0
                && elsewhere.error.contains(
                    "warning: the dev rows of own are not those that the run was scored on; pass --data"),
            "\(elsewhere.error)")
        // With the same labels, and of seeds, whose folder has no log of its own.
        let parts = try tool.run(
            "finetune", "own/reviews.yaml", "--checkpoint", "run/best", "--search", "task.train=a.csv,b.csv")
        #expect(
            parts.error.hasPrefix("Error: --search task.train: dev rows are held out of it, so that"), "\(parts.error)")
        let seeds = try finetune("reviews", "--seeds", "1", "--output", "seeds")
        // One score has no deviation.
        #expect(seeds.output.contains("1 seeds: median ") && !seeds.output.contains("±"), "\(seeds.output)")
        try tool.write(whole.replacing("long,", with: "short,"), to: "elsewhere/own/reviews.csv")
        for run in ["Checkpoints/reviews", "seeds"] {
            let texts = try tool.shell("cd elsewhere && yoso evaluate --checkpoint ../\(run)")
            #expect(texts.error.contains("are not those that the run was scored on"), "\(run): \(texts.error)")
        }
        try tool.write("stars,body,headline\n2,b,h\n", to: "other.csv")
        let other = try tool.run("evaluate", "--checkpoint", "Checkpoints/reviews", "--data", "other.csv")
        #expect(other.code == 0 && other.output.contains(" on 1 rows"), "\(other.error)")
        let prediction = try tool.run(["predict", "--checkpoint", "Checkpoints/reviews"], input: "a film\tlong\n")
        #expect(prediction.output.hasPrefix(#"{"label":""#) && prediction.output.contains(#""10":"#))
        #expect(try tool.run(["predict", "--checkpoint", "Checkpoints/reviews"], input: "a film\n").code == 1)
        let rows = try String(contentsOf: tool.file("Checkpoints/reviews/predictions.tsv"), encoding: .utf8)
        #expect(rows.split(separator: "\n").count == 5 && rows.contains("\tit was long, "))
        #expect(try tool.run("report", "Checkpoints/reviews").code == 0)
        // Again: the run had ended.
        #expect(try !finetune("reviews").output.contains("saved"))
    }

    /// As of a task of GLUE and of all of them, which have it in their recipes.
    @Test func theModelInTheBoxStandsInForACheckpoint() throws {
        try tool.write("text\tlabel\na film\t0\nno film\t1\n", to: "own/box.tsv")
        try tool.write(
            "kind: finetuning\nname: box\nepochs: 1\ntask: { train: box.tsv, dev: box.tsv, text: text, label: label }\n",
            to: "own/box.yaml")
        try tool.writeTask(train: "a fine film \t1\na dull dog \t0\n")
        for command in [["own/box.yaml"], ["--task", "all", "--data", "glue", "--set", "epochs=1"]] {
            let result = try tool.run(["finetune"] + command)
            #expect(result.code == 0, "\(result.error)")
            #expect(result.output.contains("weights of Checkpoints/english-mini, the model in the box\n"))
        }
    }

    @Test func whatTellsNothingIsTold() throws {
        try tool.write(
            "text,label\n" + (0..<60).map { "row \($0),class \($0 / 2)\(["", " "][$0 % 2])\n" }.joined(),
            to: "own/many.csv")
        let files = "{ train: \(tool.file("own/many.csv").path), dev: \(tool.file("own/many.csv").path), "
        try tool.write(
            "kind: finetuning\nname: many\nlength: 16\nepochs: 1\ntask: \(files)text: text, label: label }\n",
            to: "own/many.yaml")
        let output = try finetune("many").output
        #expect(output.contains("many: 60 of 60 dev rows have the same tokens as a training row\n"), "\(output)")
        // A blank behind a label makes no other of it.
        #expect(output.contains("labels: class 0 2, class 1 2, ") && output.contains(" 2, and 6 more\n"), "\(output)")
        try tool.write("text,label\nrow 1,class 1\n", to: "others/many.csv")
        let message =
            "Error: others: changes nothing: the recipe names \(tool.file("own/many.csv").path) itself; wanted a "
        for command in [
            ["evaluate", "--checkpoint", "Checkpoints/many"],
            ["finetune", "own/many.yaml", "--checkpoint", "run/best", "--output", "again"],
        ] {
            let refused = try tool.run(command + ["--data", "others"])
            #expect(refused.code == 1 && refused.error.hasPrefix(message), "\(refused.error)")
        }
    }

    @Test func severalLabelsInJSONLines() throws {
        let result = try finetune("topics")
        #expect(result.output.contains("labels: food 20, price 10\n"), "\(result.output)")
        #expect(try config("topics")["problem_type"] as? String == "multi_label_classification")
        let prediction = try tool.run(["predict", "--checkpoint", "Checkpoints/topics"], input: "a text\n")
        #expect(prediction.output.hasPrefix(#"{"labels":["#), "\(prediction.error)")
        let rows = try String(contentsOf: tool.file("Checkpoints/topics/predictions.tsv"), encoding: .utf8)
        #expect(rows.hasPrefix("set\tindex\tlabels\tpredictions\tp(food)\tp(price)\ttext1\ntopics\t0\t[\"price\"]\t"))
        #expect(try tool.run("evaluate", "--checkpoint", "Checkpoints/topics").output.contains("micro F1"))
        #expect(try tool.run("report", "Checkpoints/topics").code == 0)
        let page = try String(contentsOf: tool.file("Checkpoints/topics/report.html"), encoding: .utf8)
        #expect(page.contains("wrongly said") && page.contains("<td>[&quot;price") == false)
    }

    @Test func valuesSeedsSearchAndSweep() throws {
        for (folder, rate) in [("a", "1e-3"), ("b", "1e-4")] {
            let result = try finetune("marks", "--seeds", "3", "--output", folder, "--set", "optimizer.rate=\(rate)")
            #expect(result.output.contains("3 seeds: median "))
        }
        let comparison = try tool.run("compare", "a", "b")
        #expect(comparison.code == 0 && comparison.output.contains(" on marks by "), "\(comparison.error)")
        _ = try finetune("marks", "--search", "optimizer.rate=1e-3,1e-4")
        let board = try String(contentsOf: tool.file("Checkpoints/marks-search/leaderboard.md"), encoding: .utf8)
        #expect(board.hasPrefix("| marks | epoch | dev score |"))
        let prediction = try tool.run(["predict", "--checkpoint", "Checkpoints/marks-search"], input: "a text\n")
        #expect(prediction.output.hasPrefix(#"{"score":"#), "\(prediction.error)")
        var sweep = tool.pretraining(steps: 2)
        sweep.replaceSubrange(0..<1, with: ["sweep"])
        sweep += ["--over", "seed=1", "--task", "own/marks.yaml"]
        let result = try tool.run(sweep)
        #expect(
            result.code == 0
                && result.output.contains(
                    "| seed | tokens | masked accuracy | masked loss | order accuracy | perplexity | time | marks |"),
            "\(result.error)")
    }

    @Test func whatIsWrongIsOneLine() throws {
        try tool.write("headline,body,stars\na,b,1\nc,\"d,2\n", to: "own/reviews.csv")
        let unclosed = try tool.run("finetune", "own/reviews.yaml", "--checkpoint", "run/best")
        #expect(unclosed.code == 1)
        #expect(unclosed.error == "Error: own/reviews.csv:3:3: a quotation mark that is never closed\n")
        let none = try tool.run("finetune", "--checkpoint", "run/best")
        #expect(none.code == 64 && none.error.contains("wanted a recipe, or --task with a task of GLUE"))
        let both = try tool.run("finetune", "own/marks.yaml", "--task", "rte", "--checkpoint", "run/best")
        #expect(
            both.code == 64 && both.error.contains("--task rte with own/marks.yaml, whose task is marks"))
        // Beside the recipe, as one would name it.
        #expect(try tool.shell("cp own/reviews.* .").code == 0)
        let here = try tool.run("finetune", "reviews.yaml", "--checkpoint", "run/best")
        #expect(here.error == "Error: reviews.csv:3:3: a quotation mark that is never closed\n")
    }
}
