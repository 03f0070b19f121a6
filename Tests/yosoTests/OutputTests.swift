import Foundation
import Testing

/// Where a user's output goes, and what names stand for.
@Suite struct OutputTests {
    /// A link is followed, a pipe and a device stay what they are, and the log of a run is no page.
    @Test func aReportGoesWhereItsNameSays() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        let script = """
            echo old > target && ln -s target link && mkfifo pipe && cp run/metrics.jsonl log
            yoso report run --output link && test -L link && grep -q '<html' target && echo linked
            cat pipe > piped & yoso report run --output pipe && wait && test -p pipe && grep -q '<html' piped && echo piped
            yoso report run --output /dev/null && test -c /dev/null && echo nothing
            yoso report run --output run/metrics.jsonl; echo $?
            cmp log run/metrics.jsonl && echo kept
            mkdir other seeds && cp run/metrics.jsonl other/ && ln -s ../run/best seeds/best && echo scores > seeds/seeds.json
            yoso report run --output other/metrics.jsonl; echo $?
            yoso report run --output seeds/seeds.json; echo $?
            cmp log other/metrics.jsonl && grep scores seeds/seeds.json
            """
        let result = try tool.shell(script)
        let lines = result.output.split(separator: "\n").filter {
            ["linked", "piped", "nothing", "1", "kept", "scores"].contains($0)
        }
        let expected = ["linked", "piped", "nothing", "1", "kept", "1", "1", "scores"]
        #expect(lines.map(String.init) == expected, "\(result.output)\(result.error)")
        let refusals = result.error.split(separator: "\n").suffix(3)
        for (line, name) in zip(refusals, ["run/metrics.jsonl", "other/metrics.jsonl", "seeds/seeds.json"]) {
            #expect(
                line.hasSuffix("\(name): is among the files of a run; wanted a name there that ends with .html"),
                "\(result.error)")
        }
        #expect(refusals.count == 3, "\(result.error)")
    }

    /// What commands write takes the place of no file of a run or of a checkpoint.
    @Test func filesOfARunAreNoOutputs() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        let names = ["recipe.yaml", "metrics.jsonl", "best/config.json", "best/checksums.json"]
        let before = try names.map { try Data(contentsOf: tool.file("run/\($0)")) }
        for name in names {
            for command in ["embed --checkpoint run", "bench gemm --shapes 8x8x8 --rounds 1"] {
                let result = try tool.shell("echo a cat | yoso \(command) --output run/\(name)")
                #expect(
                    result.code == 1
                        && result.error.hasSuffix("\(name): is among the files of a run; wanted another --output\n"),
                    "\(result.error)")
            }
        }
        #expect(try names.map { try Data(contentsOf: tool.file("run/\($0)")) } == before)
        // A file of the user's own is replaced, beside a run too.
        let twice = "echo a cat | yoso embed --checkpoint run --output run/answers"
        #expect(try tool.shell("\(twice) && \(twice)").code == 0)
    }

    /// Runs and texts are often called like one.
    @Test func aFolderIsNoRecipe() throws {
        let tool = try CommandLineTool()
        let result = try tool.shell("mkdir tiny sst2 && yoso explain tiny && yoso explain sst2")
        #expect(result.code == 0, "\(result.error)")
    }

    /// What lies in the place of an output, and is none of this program's, stays.
    @Test func filesOfTheUsersOwnAreNotReplaced() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        for name in ["recipe.yaml", "metrics.jsonl", "best"] {
            try tool.write("mine", to: "own/\(name)")
            let result = try tool.run(tool.pretraining(steps: 1, output: "own"))
            #expect(
                result.code == 1 && result.error == "Error: own: holds \(name) and no run; choose another --output\n")
            #expect(try String(contentsOf: tool.file("own/\(name)"), encoding: .utf8) == "mine")
            try FileManager.default.removeItem(at: tool.file("own"))
        }
        // Whoever names that folder, or one with what is in it, means the model.
        try tool.write("{}", to: "own/config.json")
        for (output, problem) in [("own", "is a model"), ("own/step", "would be in a model's folder")] {
            let result = try tool.run(tool.pretraining(steps: 1, output: output))
            let message = "Error: \(output): \(problem) (own/config.json) and no run; choose another --output\n"
            #expect(result.code == 1 && result.error == message, "\(result.error)")
        }
        try FileManager.default.removeItem(at: tool.file("own"))
        try tool.write("mine", to: "own/table.md")
        var arguments = Array(tool.pretraining(steps: 1).dropFirst())
        if let output = arguments.firstIndex(of: "--output") { arguments.removeSubrange(output...output + 1) }
        let sweep = try tool.run(["sweep"] + arguments + ["--over", "seed=1", "--output", "own"])
        #expect(sweep.code == 1 && sweep.error.contains("own/table.md: is there, and is no table; "), "\(sweep.error)")
        #expect(!tool.exists("own/1"))
    }

    /// Two that write one file would lose lines of each other; and nothing is written into a step, which its run prunes.
    @Test func whatAnotherWritesOrRemovesIsNoOutput() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let embed = ["embed", "--checkpoint", "run", "--output"]
        #expect(try tool.run(embed + ["out.jsonl"], input: "a cat\n").code == 0)
        let lines = try String(contentsOf: tool.file("out.jsonl"), encoding: .utf8)
        let held = open(tool.file("out.jsonl").path, O_RDONLY)
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
        let taken = try tool.run(embed + ["out.jsonl"], input: "a dog\n")
        #expect(
            taken.code == 1
                && taken.error
                    == "Error: out.jsonl: another process is writing it; wait for it or choose another name\n",
            "\(taken.error)")
        #expect(try String(contentsOf: tool.file("out.jsonl"), encoding: .utf8) == lines)
        close(held)
        // Shorter than before, and as private.
        chmod(tool.file("out.jsonl").path, 0o600)
        #expect(try tool.run(embed + ["out.jsonl"], input: "").code == 0)
        #expect(try String(contentsOf: tool.file("out.jsonl"), encoding: .utf8).isEmpty)
        try tool.write("", to: "v.npy")
        chmod(tool.file("v.npy").path, 0o600)
        #expect(try tool.run(embed + ["v.npy"], input: "a cat\n").code == 0)
        var found = stat()
        #expect(stat(tool.file("v.npy").path, &found) == 0 && found.st_mode & 0o777 == 0o600)
        let step = try tool.run("export", "run", "--output", "run/step-000002/hub")
        #expect(
            step.code == 1
                && step.error
                    == "Error: run/step-000002/hub: would be in a step of a run, with which it would go; choose another --output\n",
            "\(step.error)")
        let words = try tool.run("vocab", "train", "--input", "text", "--size", "30", "--output", "Vocab/sample/words")
        #expect(words.code == 1 && words.error.contains("would be in a model's folder"), "\(words.error)")
    }

    /// A link to a folder of runs is one, and what was killed before it was saved has not ended.
    @Test func runsAreFoundThroughALink() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 5, output: "runs/a")).code == 0)
        let result = try tool.shell(
            "ln -s runs linked; yoso runs linked; rm -r runs/a/s*-000005 runs/a/best runs/a/report.json; yoso runs runs"
        )
        let lines = result.output.split(separator: "\n").filter { $0.contains("5/5") }
        #expect(lines.count == 2 && lines[0].contains("finished") && lines[1].contains("interrupted"), "\(lines)")
    }

    @Test func aDryRunLooksAtItsCheckpoint() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let result = try tool.run(tool.pretraining(steps: 2) + ["--dry-run", "--set", "checkpoint=nowhere"])
        #expect(result.code == 1 && result.error.contains("nowhere"), "\(result.error)")
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        let fit = ["--dry-run", "--checkpoint", "run"]
        let other = try tool.run(tool.pretraining(steps: 2, output: "b", fit + ["--set", "model.layers=3"]))
        #expect(other.code == 1 && other.error.contains("num_hidden_layers is 2; the recipe has 3"), "\(other.error)")
        let wide = try tool.run(tool.pretraining(steps: 2, output: "b", fit + ["--set", "model.width=32"]))
        #expect(wide.code == 1 && wide.error.contains("run/"), "\(wide.error)")
        #expect(try tool.run(tool.pretraining(steps: 2, output: "b", fit)).code == 0)
    }

    /// The rows that choose the best epoch are part of what a run is.
    @Test func otherDevRowsAreAnotherRun() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        let script = """
            mkdir -p glue/SST-2 && for n in 1 2 3 4 5 6 7 8; do echo "a fine film $n\\t$((n % 2))"; done > rows
            (echo "sentence\\tlabel"; cat rows) | tee glue/SST-2/train.tsv > glue/SST-2/dev.tsv
            tune() { yoso finetune --task sst2 --data glue --checkpoint run --output t --set "$1" --set length=16; }
            tune epochs=1 > /dev/null && sed -i 's/film/movie/' glue/SST-2/dev.tsv; tune epochs=1; echo $?
            """
        let result = try tool.shell(script)
        #expect(result.output.hasSuffix("1\n"), "\(result.output)\(result.error)")
        #expect(result.error.contains("t: was begun with devRows "), "\(result.error)")
    }
}
