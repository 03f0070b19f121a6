import Checkpoints
import Digests
import Foundation
import Testing

/// The whole road, small: every command on real files, as a user runs it.
@Suite(.serialized) struct RoadTests {
    @Test func pretrainFinetuneEvaluate() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        let pretrained = try tool.run(tool.pretraining(steps: 10))
        #expect(pretrained.code == 0, "\(pretrained.error)")
        #expect(pretrained.output.contains("masked accuracy"))
        for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "spiece.model"] {
            #expect(tool.exists("run/best/\(name)"), "\(name)")
        }
        #expect(tool.exists("run/recipe.yaml") && tool.exists("run/report.json") && tool.exists("run/metrics.jsonl"))

        let tuned = try tool.run(tool.finetuning())
        #expect(tuned.code == 0, "\(tuned.error)")
        #expect(tuned.output.contains("SST-2: 2 of 67,349 training rows; not the official set"))
        let evaluated = try tool.run("evaluate", "--checkpoint", "tuned/best")
        #expect(evaluated.code == 0, "\(evaluated.error)")
        #expect(evaluated.output.contains("SST-2 dev: accuracy") && evaluated.output.contains("on 2 rows"))
        let sequences = try tool.run("evaluate", "--checkpoint", "tuned/best", "--sequences", "9")
        #expect(
            sequences.code == 1 && sequences.error.contains("all rows of a task are scored; --sequences is for text"))
        let random = try tool.run(tool.finetuning(["--output", "random", "--random-weights"]))
        #expect(random.code == 0 && random.output.contains("weights random"))
    }

    /// Of the very sequences that a run holds out, the last paragraphs of its one document, the figures are those of the run.
    @Test func aTextsPerplexityIsThatOfTheRun() throws {
        let tool = try CommandLineTool()
        let words = ["cat", "dog", "mat", "river", "letter", "garden", "sat", "ran", "read"]
        let paragraphs = (0..<20_000).map {
            "the \(words[$0 % 9]) and a \(words[$0 * 5 % 7]) of the \(words[$0 * $0 % 8])."
        }
        try tool.write(paragraphs.joined(separator: "\n") + "\n", to: "text/a.txt")
        try tool.write(paragraphs.suffix(2000).joined(separator: "\n") + "\n", to: "end.txt")
        let set = [
            "examples.sentenceOrder=false", "examples.shortShare=0", "corpus.heldOut=10%", "evaluation.sequences=9999",
        ].flatMap {
            ["--set", $0]
        }
        let run = try tool.run(tool.pretraining(steps: 3, set))
        let evaluate = ["evaluate", "--checkpoint", "run", "--data", "end.txt"]
        let end = try tool.run(evaluate + ["--length", "16", "--sequences", "9999"])
        #expect(end.code == 0, "\(end.error)")
        #expect(end.error.contains("note: ") && end.error.contains("has no task: words of end.txt are masked\n"))
        let figures = try #require(end.output.firstMatch(of: #/^end.txt: (masked loss .+ masked accuracy .+%) of /#)).1
        #expect(run.output.contains(figures), "\(figures), \(run.output)")
        // More than are computed together.
        #expect(end.output.contains(#/ in 1,[0-9]{3} of 1,[0-9]{3} sequences/#), "\(end.output)")

        let one = try tool.run(evaluate + ["--length", "16", "--sequences", "1"])
        #expect(one.output.contains(#/ in 1 of 1,[0-9]{3} sequences of at most 16 tokens, /#), "\(one.output)")
        #expect(try tool.run(evaluate).output.contains(#/ in ([0-9]+) of \1 sequences of at most 128 tokens, /#))
        // A terminal would obey what a name holds.
        try tool.write("the cat sat on the mat and ran.\n", to: "a\u{1B}b.txt")
        let odd = try tool.run(["evaluate", "--checkpoint", "run", "--data", "a\u{1B}b.txt"])
        #expect(odd.code == 0 && !(odd.output + odd.error).contains("\u{1B}"), "\(odd.output)\(odd.error)")
        try tool.write("日本語の文は字が語彙にない。\n", to: "end.txt")
        #expect(
            try tool.run(evaluate).error.contains(
                "of the tokens are unknown to the vocabulary; wanted a vocabulary of such"))
        #expect(try tool.run(evaluate + ["--sequences", "0"]).code == 64)
        let long = try tool.run(evaluate + ["--length", "129"])
        #expect(long.code == 1 && long.error.contains(": sequences of 129 tokens; wanted a --length of 8 to 128\n"))
    }

    @Test func dryRunSaysWhatItWouldTakeAndWritesNoRun() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let result = try tool.run(tool.pretraining(steps: 10, ["--dry-run"]))
        #expect(result.code == 0, "\(result.error)")
        for word in ["parameters", "peak memory", "work a step", "speed", "disk", "time to the end"] {
            #expect(result.output.contains(word), "\(word)")
        }
        #expect(!tool.exists("run"))
    }

    @Test func explainNamesEveryOrigin() throws {
        let tool = try CommandLineTool()
        let result = try tool.run("explain", "Recipes/Pretraining/tiny.yaml", "--set", "seed=5")
        #expect(
            result.code == 0
                && result.error == "next: yoso pretrain Recipes/Pretraining/tiny.yaml --set seed=5 --dry-run\n")
        #expect(
            result.output.contains("--set seed=5") && result.output.contains("tiny.yaml:")
                && result.output.contains("default"))
        #expect(try tool.run("explain", "Recipes/Finetuning/sst2.yaml").output.contains("classifierDropout"))
    }

    @Test func vocabularyIsTrainedAndUsed() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let trained = try tool.run("vocab", "train", "--input", "text", "--size", "30", "--output", "words")
        #expect(trained.code == 0, "\(trained.error)")
        #expect(trained.output.contains("words: 30 pieces"))
        let run = try tool.run(tool.pretraining(steps: 2, ["--vocabulary", "words"]))
        #expect(run.code == 0, "\(run.error)")
    }

    @Test func doctorSaysWhatThereIs() throws {
        let tool = try CommandLineTool()
        let result = try tool.run("doctor")
        #expect(result.code == 0)
        for word in ["CPU", "cores", "OpenBLAS", "bf16 peak", "SentencePiece"] {
            #expect(result.output.contains(word), "\(word)")
        }
    }
}
