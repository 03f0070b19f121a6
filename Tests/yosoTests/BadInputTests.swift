import Checkpoints
import Foundation
import Testing

/// What is wrong gets one clear line and exit code 1 or 64, and nothing is lost.
@Suite(.serialized) struct BadInputTests {
    private func expect(
        _ tool: CommandLineTool, _ arguments: [String], code: Int32 = 1, _ message: String,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try tool.run(arguments)
        #expect(result.code == code, "\(result.error)", sourceLocation: location)
        let error = result.error.replacingOccurrences(of: tool.folder.path + "/", with: "")
        #expect(error.contains("Error: " + message + "\n"), "\(error)", sourceLocation: location)
        #expect(!result.error.contains("Fatal error"), sourceLocation: location)
    }

    @Test func textThatIsMissingEmptyOrNotUTF8() throws {
        let tool = try CommandLineTool()
        try expect(tool, tool.pretraining(steps: 2), "text: no such file or folder")
        try tool.write("\n\n", to: "text/a.txt")
        try expect(tool, tool.pretraining(steps: 2), "text/a.txt: the corpus is empty")
        try Data([0x61, 0x0A, 0xFF, 0x0A]).write(to: tool.file("text/a.txt"))
        try expect(tool, tool.pretraining(steps: 2), "text/a.txt:2: not UTF-8 (byte 0xFF at column 1)")
        let mini = ["pretrain", "Recipes/Pretraining/mini.yaml", "--vocabulary", "Vocab/sample"]
        try expect(tool, mini, "corpus.text: no text is named; pass --data DIR, or set corpus.text in the recipe")
    }

    @Test func recipesThatAreMissingOrWrong() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try expect(
            tool, ["pretrain", "none.yaml"],
            "none.yaml: no such recipe, or unreadable (those that ship: attentions, base, english-mini, english-small, english-yoso, long, mini, pairs-512, pairs, small, tiny)"
        )
        try expect(tool, ["pretrain", "min"], "min: no such recipe, or unreadable (did you mean 'mini'?)")
        let run = tool.pretraining(steps: 2)
        try expect(
            tool, run + ["--set", "optimizer.rat=1"],
            "--set optimizer.rat=1: unknown key 'optimizer.rat' (did you mean 'optimizer.rate'?)")
        try expect(
            tool, run + ["--set", "model.layers=two"],
            "--set model.layers=two: model.layers is 'two'; wanted an integer from 1 to 1000")
        try expect(
            tool, run + ["--set", "model.heads=3"],
            "--set model.heads=3: model.heads is 3, which does not divide model.width 16")
        try expect(
            tool, run + ["--set", "model.attention=softmx"],
            "--set model.attention=softmx: model.attention is 'softmx'; wanted softmax, yosoExpectation, yoso, none, linear, performer, linformer, nystrom, local, mra or flow "
                + "(did you mean 'softmax'?)")
        try expect(tool, run + ["--set", "seed"], code: 64, "--set seed: wanted key=value")
        try expect(
            tool, run + ["--vocabulary", "none"],
            "none: no such vocabulary; make one with `yoso vocab train --input TEXT --size 16000 --output none`")
        #expect(!tool.exists("run/step-000002"))
    }

    @Test func aVocabularyThatTheTextCannotFill() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let result = try tool.run("vocab", "train", "--input", "text", "--size", "5000", "--output", "words")
        #expect(result.code == 1)
        #expect(
            result.error.contains("Error: vocabulary size 5000: too large for this text; wanted at most "))
        #expect(!tool.exists("words"))
        let small = try tool.run("vocab", "train", "--input", "text", "--size", "5", "--output", "words")
        #expect(small.code == 64 && small.error.contains("--size 5 is too small; wanted at least 8"))
    }

    /// Nothing could stand in the place of a word.
    @Test func aVocabularyOfSpecialTokensAlone() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.write("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n", to: "five.txt")
        try expect(
            tool, ["pretrain", "Recipes/Pretraining/tiny.yaml", "--data", "text", "--vocabulary", "five.txt"],
            "five.txt: has special tokens alone; wanted pieces of words too")
    }

    /// A vocabulary takes the place of its folder, and with it of whatever else lies there.
    @Test func aVocabularyInTheFolderOfSomethingElse() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try expect(
            tool, ["vocab", "train", "--input", "text", "--size", "40", "--output", "text"],
            "text: holds a.txt; wanted a new folder, or one of a vocabulary alone")
        #expect(tool.exists("text/a.txt"))
        try expect(
            tool, ["vocab", "train", "--input", "text", "--size", "40", "--output", "text/a.txt"],
            "text/a.txt: is there, and is no folder; wanted a new folder, or one to replace")
        #expect(tool.exists("text/a.txt"))
        // Whoever stands in a folder stays in it; a link is somebody's.
        for (command, problem) in [
            (
                "mkdir in; cd in; yoso vocab train --input ../text --size 40 --output .",
                "is the working folder, or above it"
            ),
            (
                "mkdir -p in/er; cd in/er; yoso vocab train --input ../../text --size 40 --output ..",
                "is the working folder"
            ),
            (
                "ln -s in link; yoso vocab train --input text --size 40 --output link",
                "link: is a link; wanted a new folder"
            ),
        ] {
            let result = try tool.shell(command)
            #expect(result.code == 1 && result.error.contains(problem), "\(result.error)")
        }
        // The same of runs that begin afresh.
        try tool.write("mine\n", to: "straight/thesis.txt")
        let verify = ["verify-resume", "Recipes/Pretraining/tiny.yaml", "--at", "1", "--data", "text", "--output", "."]
        try expect(tool, verify, "./straight: holds thesis.txt and no run; choose another --output")
        #expect(tool.exists("straight/thesis.txt"))
    }

    @Test func aSweepReadsItsTaskFirst() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let tiny = ["Recipes/Pretraining/tiny.yaml", "--data", "text"]
        let sweep = ["sweep"] + tiny + ["--over", "seed=1,2", "--output", "out", "--task-data", "glue", "--task"]
        let unknown = try tool.run(sweep + ["rtee"])
        #expect(
            unknown.code == 1
                && unknown.error.contains("Error: unknown task 'rtee' (did you mean 'rte'?); tasks: cola, "))
        let missing = try tool.run(sweep + ["rte"])
        #expect(missing.code == 1 && missing.error.contains("Error: glue: no train.tsv of RTE; "))
        // What would be refused behind the first pretraining.
        try tool.writeTask()
        let short = try tool.run(sweep + ["sst2", "--set", "model.positions=64"])
        #expect(
            short.code == 1
                && short.error.contains("pretraining/best: the model has 64 positions; wanted at least the length 128"),
            "\(short.error)")
        #expect(!tool.exists("out"))
    }

    @Test func checkpointsThatAreDamagedOrOfAnotherVocabulary() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        try expect(
            tool, tool.finetuning(),
            "run/best: no checkpoint: it has no readable config.json")
        #expect(try tool.run(tool.pretraining(steps: 5)).code == 0)
        let weights = tool.file("run/step-000005/model.safetensors")
        let good = try Data(contentsOf: weights)

        var flipped = good
        flipped[flipped.count - 3] ^= 0x40
        try flipped.write(to: weights)
        let damaged = try tool.run(tool.finetuning())
        #expect(damaged.code == 1)
        #expect(damaged.error.contains("run/best/model.safetensors: damaged: SHA-256 is "))
        try good.dropLast(100).write(to: weights)
        let cut = try tool.run(tool.finetuning(["--output", "tuned2"]))
        #expect(cut.code == 1)
        #expect(
            cut.error.contains(
                "run/best/model.safetensors: truncated: \(good.count - 100) bytes, checksums.json says \(good.count)"))
        // A pretrained model without its list may be damaged unseen.
        try good.write(to: weights)
        let list = tool.file("run/step-000005/checksums.json")
        let kept = try Data(contentsOf: list)
        unlink(list.path)
        let bare = try tool.run("fill", "a [MASK]", "--checkpoint", "run")
        #expect(
            bare.code == 0
                && bare.error.contains(
                    "note: run/best: it has no checksums.json, so damage could not be looked for\n"),
            "\(bare.error)")
        try kept.write(to: list)
        try good.dropLast(100).write(to: weights)
        // A run whose only checkpoint is damaged says so and begins again rather than on bad weights.
        let again = try tool.run(tool.pretraining(steps: 5))
        #expect(again.code == 0 && again.output.contains("warning: ") && again.output.contains("truncated"))
        #expect(
            again.output.contains("run: no checkpoint can be used; the run begins again from its first step\n"),
            "\(again.output)")

        let config = tool.file("run/step-000005/config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        try Data(text.replacingOccurrences(of: "1200", with: "1100").utf8).write(to: config)
        try expect(
            tool, tool.finetuning(["--output", "tuned3"]),
            "run/best: the model has 1100 word embeddings, its tokenizer 1200 ids")
    }

    @Test func tasksThatAreUnknownOrWrong() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        try expect(
            tool, ["finetune", "--task", "sst3"],
            "unknown task 'sst3' (did you mean 'sst2'?); tasks: cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, "
                + "listops, text, retrieval, image, pathfinder, all, lra")
        try expect(
            tool, tool.finetuning(),
            "glue: no train.tsv of SST-2; wanted SST-2/train.tsv there, as `yoso data glue --output DIR --tasks sst2` fetches it"
        )
        try tool.writeTask(train: "fine\t2\n")
        try expect(tool, tool.finetuning(), "glue/SST-2/train.tsv:2: unknown label '2'; wanted '0' or '1'")
        try tool.writeTask(train: "fine\n")
        try expect(tool, tool.finetuning(), "glue/SST-2/train.tsv:2: 1 columns, wanted 2")
        try tool.write("text\tlabel\nfine\t1\n", to: "glue/SST-2/train.tsv")
        try expect(
            tool, tool.finetuning(), "glue/SST-2/train.tsv:1: no column 'sentence'; found 'text', 'label'")
        try tool.writeTask()
        try expect(
            tool, ["evaluate", "--checkpoint", "run/best"],
            "run/best: does not say which task it is for; pass --task or a text by --data, or fine-tune it first")
        try expect(
            tool, tool.finetuning(["--set", "length=256"]),
            "run/best: the model has 128 positions; wanted at least the length 256")
    }

    @Test func aSecondRunOnTheSameFolder() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let (process, _, _) = try tool.start(tool.pretraining(steps: 100_000))
        defer { process.terminate() }
        while process.isRunning, !tool.exists("run/step-000005") { usleep(5000) }
        try expect(
            tool, tool.pretraining(steps: 100_000),
            "run: in use by process \(process.processIdentifier); wait for it or choose another --output")
    }

    @Test func aRunOfOtherOptionsDoesNotContinue() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 5)).code == 0)
        let recipe = try Data(contentsOf: tool.file("run/recipe.yaml"))
        try expect(
            tool, tool.pretraining(steps: 5, ["--set", "seed=9"]),
            "run: was begun with seed 1, now 9; choose another --output")
        #expect(try Data(contentsOf: tool.file("run/recipe.yaml")) == recipe)
        // Their scores are not to be compared with those of before.
        try expect(
            tool, tool.pretraining(steps: 5, ["--set", "evaluation.sequences=3"]),
            "run: was begun with evaluation.sequences 256, now 3; choose another --output")
        let several = ["model.attention=yoso", "model.attention.hashes=2", "batch=64 tokens"].flatMap { ["--set", $0] }
        let both = try tool.run(tool.pretraining(steps: 6, several))
        #expect(
            both.error.contains(
                "run: was begun with batch 8 sequences, now 64 tokens; budget 5 steps, now 6 steps; "
                    + "model.attention softmax, now yoso; model.attention.bits unset, now 9; "), "\(both.error)")
        #expect(both.error.contains("; model.attention.hashes unset, now 2; "), "\(both.error)")
        // Another text in the same place.
        try tool.write("one line\nof another text\n\nand a document more\n", to: "text/a.txt")
        let text = try tool.run(tool.pretraining(steps: 5))
        #expect(text.code == 1 && text.error.contains(/run: was begun with text [0-9a-f]{8}…, now [0-9a-f]{8}…;/))
    }

    @Test func aFineTuningOfOtherRowsOrWeightsDoesNotContinue() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        #expect(try tool.run(tool.pretraining(steps: 5)).code == 0)
        #expect(try tool.run(tool.finetuning()).code == 0)
        let random = try tool.run(tool.finetuning(["--random-weights"]))
        #expect(random.code == 1)
        #expect(
            random.error.contains(/tuned: was begun with weights [0-9a-f]{8}…, now random; choose another --output/))
        try tool.writeTask(train: "a fine film \t1\na dull dog \t0\n")
        let rows = try tool.run(tool.finetuning())
        #expect(rows.code == 1 && rows.error.contains(/tuned: was begun with rows [0-9a-f]{8}…, now [0-9a-f]{8}…;/))
    }
}
