import Foundation
import Testing

/// What who begins meets: models that are not there, names that mean something else, and numbers from one on.
@Suite(.serialized) struct NewcomerTests {
    /// Of a checkout the box is found above the program, of a program alone nowhere.
    @Test func aModelThatIsNotThereIsNamedAsWhatItIs() throws {
        let tool = try CommandLineTool(links: [])
        let box = try tool.run("fill", "a [MASK]", "--checkpoint", "./Checkpoints/english-mini/")
        #expect(box.code == 0 && box.output.contains("%"), "\(box.error)")
        try tool.writeTask()
        let missing =
            "Error: Checkpoints/english-mini: the model in the box is neither here nor beside the program; name a "
        for (command, wanted) in [
            ("fill 'a [MASK]'", "model by --checkpoint"), ("finetune --task sst2 --data glue", "model by --checkpoint"),
            ("finetune --task sst2", "model by --checkpoint"),
            ("finetune --task all --data glue", "model by --checkpoint"),
            ("pretrain english-yoso", "vocabulary by --vocabulary"),
        ] {
            let alone = try tool.shell("cp -L '\(CommandLineTool.executable().path)' alone && ./alone \(command)")
            #expect(alone.code == 1 && alone.error.hasSuffix("\(missing)\(wanted)\n"), "\(alone.error)")
        }
        let sample = try tool.run("finetune", "--task", "sst2", "--set", "epochs=1", "--output", "sample")
        #expect(
            sample.code == 0 && sample.output.contains("Checkpoints/english-mini, the model in the box")
                && sample.output.contains("rows: sentences that yoso generates in the form of SST-2, of no benchmark\n"),
            "\(sample.output)\(sample.error)")
        // Rows that yoso made are of no benchmark, also where a model goes to the hub.
        #expect(try tool.run("export", "sample", "--output", "hub").code == 0)
        let card = try String(contentsOf: tool.file("hub/README.md"), encoding: .utf8)
        let rows = "sentences that yoso generates in the form of SST-2"
        for part in [
            "type: \"generated\"", "name: \"\(rows)\"", "Dev rows of \(rows), epoch 1: ", "| task | \(rows) |",
        ] {
            #expect(card.contains(part), "\(part): \(card)")
        }
        #expect(!card.contains("official") && !card.contains("872"), "\(card)")
        #expect(
            card.contains("english-mini`, licensed as `cc-by-sa-3.0`, of which the card of that model tells."),
            "\(card)")
        #expect(try tool.run("report", "sample").code == 0)
        let page = try String(contentsOf: tool.file("sample/report.html"), encoding: .utf8)
        #expect(page.contains("<p>fine-tuning, \(rows)</p>"))
        try tool.write(
            "kind: finetuning\nname: r\ntask: sst2\ndata: sample\ncheckpoint: Checkpoints/tiny/best\n", to: "own.yaml")
        let own = try tool.run("finetune", "own.yaml")
        #expect(
            own.code == 1
                && own.error.hasPrefix(
                    "Error: Checkpoints/tiny/best: is not there, and the recipe r begins from it; `yoso pretrain tiny`"),
            "\(own.error)")
    }

    @Test func namesOfSomethingElseAreSaidToBe() throws {
        let tool = try CommandLineTool(links: [])
        for (arguments, message) in [
            (["finetune", "tiny"], "this is a pretraining recipe; wanted a finetuning recipe"),
            (["pretrain", "sst2"], "this is a finetuning recipe; wanted a pretraining recipe"),
            (["fill", "the", "[MASK]", "sat"], "2 unexpected arguments: '[MASK]', 'sat'"),
            (["help", "nope"], "unknown command 'nope' "), (["help", "data", "nope"], "unknown command 'nope' "),
        ] {
            let result = try tool.run(arguments)
            #expect(result.code != 0 && result.error.contains(message), "\(arguments): \(result.output)\(result.error)")
        }
        #expect(try tool.run("help", "fill").output.contains("USAGE: yoso fill "))
        try tool.write("kind: finetuning\nname: r\ntask: { train: r.csv, text: a, label: b }\n", to: "r.yaml")
        try tool.write("a;b\nfine;1\ndull;0\n", to: "r.csv")
        let columns = try tool.run("finetune", "r.yaml", "--checkpoint", "Checkpoints/english-mini")
        #expect(
            columns.error.contains("no column 'a' (columns of csv are separated by commas); found 'a;b'"),
            "\(columns.error)")
        try FileManager.default.removeItem(at: tool.file("r.csv"))
        try FileManager.default.createDirectory(at: tool.file("r.csv"), withIntermediateDirectories: true)
        let folder = try tool.run("finetune", "r.yaml", "--checkpoint", "Checkpoints/english-mini")
        #expect(folder.code == 1 && folder.error.contains("r.csv: is a folder; wanted a file"), "\(folder.error)")
    }

    /// As in fine-tuning; what is evaluated within an epoch is told by that one.
    @Test func theFirstEpochIsOne() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let run = try tool.run(tool.pretraining(steps: 60, ["--set", "evaluation.every=10 steps"]))
        #expect(run.code == 0 && run.output.contains("\nepoch 1, step 10: "), "\(run.output)\(run.error)")
        let log = try String(contentsOf: tool.file("run/metrics.jsonl"), encoding: .utf8)
        let epochs = log.matches(of: /"epoch":([0-9]+)/).compactMap { Int($0.1) }
        #expect(epochs.first == 1 && epochs == epochs.sorted() && (epochs.last ?? 0) > 1, "\(epochs)")
    }

    /// Of characters that a vocabulary has not, all is one: it is said where it is trained, learned with, and asked.
    @Test func charactersThatAVocabularyHasNotAreSaid() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let rare = "the cat sat on the mat and the dog ran to the cat\n"
        try tool.write(String(repeating: rare, count: 300) + "ж\n", to: "rare/a.txt")
        let train = ["vocab", "train", "--input", "rare", "--size", "22", "--output", "own"]
        let trained = try tool.run(train)
        #expect(trained.code == 0, "\(trained.error)")
        #expect(
            trained.output.contains("note: 1 character of the text, 0.01% of it, is unknown to the vocabulary: ж; "),
            "\(trained.output)")
        let whole = try tool.run(train + ["--coverage", "1"])
        #expect(whole.code == 0 && !whole.output.contains("unknown"), "\(whole.output)\(whole.error)")
        #expect(try tool.run(train + ["--coverage", "0.5"]).error.contains("--coverage 0.5; wanted 0.98 to 1"))
        try tool.write(String(repeating: "жук ел сыр\nи спал\n\n", count: 60), to: "other/a.txt")
        let run = try tool.run(
            tool.pretraining(steps: 2, ["--vocabulary", "own"]).map { $0 == "text" ? "other" : $0 })
        #expect(run.code == 0, "\(run.error)")
        #expect(
            run.output.contains(
                /warning: \d+\.\d% of the tokens are unknown to the vocabulary; wanted a vocabulary of such text\n/),
            "\(run.output)")
        let embedded = try tool.run(["embed", "--checkpoint", "run"], input: "the cat\nжук\n")
        #expect(
            embedded.error == "note: of 1 of 2 lines a quarter or more of the tokens are unknown to the vocabulary\n",
            "\(embedded.error)")
        #expect(try tool.run("embed", "the cat\nжук", "--checkpoint", "run").output == embedded.output)
    }

    @Test func anotherVocabularyInThePlaceOfARunsIsSaid() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let vocabulary = { try tool.run("vocab", "train", "--input", "text", "--size", $0, "--output", "own") }
        let first = try vocabulary("35")
        #expect(first.code == 0 && !first.output.contains("note"), "\(first.output)\(first.error)")
        let pretraining = tool.pretraining(steps: 2, ["--vocabulary", "own"])
        #expect(try tool.run(pretraining).code == 0)
        let second = try vocabulary("30")
        #expect(second.output.contains("note: own: another vocabulary stood there, of 35 pieces; "), "\(second.output)")
        let longer = try tool.run(pretraining)
        #expect(longer.code == 1 && longer.error.contains("its vocabulary is in run/step-000002 too; name that, or"))
        let back = try tool.run(tool.pretraining(steps: 2, ["--vocabulary", "run/step-000002"]))
        #expect(back.code == 0, "\(back.error)")
    }
}
