import Foundation
import Testing

/// What a user meets around the commands: other folders, near misses, outputs that close.
@Suite(.serialized) struct ConsoleTests {
    @Test func everythingThatShipsIsInTheBinary() throws {
        let tool = try CommandLineTool(links: [])
        try tool.writeText()
        try tool.writeTask()
        let small = tool.pretraining(steps: 2).dropFirst(2)
        let run = try tool.run(["pretrain", "tiny"] + small)
        #expect(run.code == 0, "\(run.error)")
        #expect(run.error.contains("next: yoso finetune --task sst2 --checkpoint run\n"))
        #expect(try tool.run(["pretrain", "Recipes/Pretraining/tiny.yaml"] + small).code == 0)
        // The run stands for its best checkpoint.
        let tuned = try tool.run(tool.finetuning().map { $0 == "run/best" ? "run" : $0 })
        #expect(tuned.code == 0, "\(tuned.error)")
        let runs = try tool.run("runs", ".")
        #expect(runs.code == 0, "\(runs.error)")
        for words in [["run", "finished", "2/2", "perplexity"], ["tuned", "finished", "dev"]] {
            #expect(
                runs.output.split(separator: "\n").contains { line in words.allSatisfy(line.contains) },
                "\(runs.output)")
        }
        let log = try tool.run("runs", "run/metrics.jsonl")
        #expect(log.code == 1 && log.error.contains("run/metrics.jsonl: is a file; wanted a folder"), "\(log.error)")
    }

    @Test func nearMissesAreNamed() throws {
        let tool = try CommandLineTool(links: [])
        for (arguments, message) in [
            (["pretain"], "unknown command 'pretain' (did you mean 'pretrain'?)"),
            (["vocab", "trian"], "unknown command 'trian' (did you mean 'train'?)"),
            (["finetune", "--taks", "sst2"], "unknown option '--taks' (did you mean '--task'?)"),
            (["predict", "--checkpoint", "x", "--output", ""], "--output '': wanted a value"),
            (["predict", "--chekpoint=x"], "unknown option '--chekpoint' (did you mean '--checkpoint'?)"),
            (
                ["finetune", "--task", "rte", "--protocol", "mosiac"],
                "--protocol mosiac (did you mean 'mosaic'?): wanted one of bert, miniatures, m-fac, run-glue, sane, mosaic, electra"
            ),
            (
                ["data", "glue", "--output", "x", "--tasks", "mprc"],
                "--tasks mprc (did you mean 'mrpc'?): the server has cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli, ax"
            ),
        ] {
            let result = try tool.run(arguments)
            #expect(result.code == 64 && result.error.hasPrefix("Error: \(message)\n"), "\(result.error)")
        }
        let version = try tool.run("--version")
        #expect(version.code == 0 && version.output.split(separator: ".").count == 3)
    }

    @Test func controlCharactersAreShownOnBothOutputs() throws {
        let tool = try CommandLineTool()
        try FileManager.default.createDirectory(at: tool.file("a\u{1B}[31m"), withIntermediateDirectories: true)
        let (none, unknown) = (try tool.run("runs", "a\u{1B}[31m"), try tool.run("explain", "a\u{1B}[31m"))
        #expect(none.output == "no runs in a<U+001B>[31m\n")
        #expect(unknown.code == 1 && unknown.error.hasPrefix("Error: a<U+001B>[31m: "))
        let broken = try tool.run("evaluate", "--checkpoint", "a\nError: b")
        #expect(broken.error.hasPrefix("Error: a<U+000A>Error: b: ") && broken.error.split(separator: "\n").count == 1)
        // Of a recipe each problem has a line.
        let forged = try tool.run("explain", "tiny", "--set", "name=a\nb.yaml:1: c", "--set", "optimizer.rate=x")
        #expect(forged.code == 1 && forged.error.contains("a<U+000A>b.yaml:1: c"), "\(forged.error)")
        #expect(!forged.error.contains("\nb.yaml"), "\(forged.error)")
    }

    @Test(arguments: ["--help", "--version", "explain tiny", "doctor", "runs .", "finetune --help"])
    func anOutputThatIsFullOrClosedIsAnError(command: String) throws {
        let tool = try CommandLineTool(links: [])
        let full = try tool.shell("yoso \(command) > /dev/full")
        #expect(full.code == 1)
        #expect(full.error.hasSuffix("Error: standard output: cannot be written: No space left on device\n"))
        let closed = try tool.shell("(sleep 0.2; yoso \(command); echo $? >&2) | true")
        #expect(closed.error.hasSuffix("Error: standard output: cannot be written: Broken pipe\n1\n"))
    }

    /// The terminal, the pipe and the disk are gone, and the run is not.
    @Test func aTrainingOutlivesItsOutput() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let command = tool.pretraining(steps: 30).map { "'\($0)'" }.joined(separator: " ")
        let piped = try tool.shell("(yoso \(command); echo $? >&2) | head -n 1")
        #expect(piped.error.hasSuffix("Error: standard output: cannot be written: Broken pipe\n1\n"), "\(piped.error)")
        #expect(tool.exists("run/step-000030/model.safetensors") && tool.exists("run/report.json"))
        let none = try tool.shell("yoso \(command) --output none >&- <&-")
        #expect(
            none.error.hasSuffix("Error: standard output: cannot be written: Bad file descriptor\n"), "\(none.error)")
        #expect(tool.exists("none/step-000030/model.safetensors"))
        // Where these tests run under nohup, which the run would inherit and heed.
        let (process, output, _) = try tool.start(
            ["--default-signal=HUP", CommandLineTool.executable().path]
                + tool.pretraining(steps: 100_000, output: "long"), executable: URL(fileURLWithPath: "/usr/bin/env"))
        while process.isRunning, !tool.exists("long/step-000005") { usleep(5000) }
        for _ in 0..<2 { kill(process.processIdentifier, SIGHUP) }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        #expect(try String(contentsOf: output, encoding: .utf8).contains("the same command continues from there"))
    }

    @Test func whatFoldersHoldBesidesIsSaid() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.write("junk", to: "text/._a.txt")
        let run = try tool.run(tool.pretraining(steps: 2, ["--set", "examples.length=128"]))
        #expect(run.code == 0, "\(run.error)")
        #expect(run.output.contains("left out 1: text/._a.txt (hidden)\n"))
        #expect(
            run.output.contains(
                "warning: examples.length is 128, but only 0% of the text to learn from lies in documents that long (the longest has "
            )
        )
        let short = try tool.run(tool.pretraining(steps: 2, output: "short"))
        #expect(short.code == 0 && !short.output.contains("warning: examples.length"), "\(short.error)")
    }

    @Test func vocabulariesAreHeldToTheirChecksums() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run("vocab", "train", "--input", "text", "--size", "30", "--output", "words").code == 0)
        // Also what is not used here: another program uses it.
        for name in ["spiece.model", "tokenizer.json", "tokenizer_config.json"] {
            let good = try Data(contentsOf: tool.file("words/\(name)"))
            var bad = good
            bad[bad.count / 2] ^= 1
            try bad.write(to: tool.file("words/\(name)"))
            let run = try tool.run(tool.pretraining(steps: 2, ["--vocabulary", "words"]))
            #expect(run.code == 1 && run.error.hasPrefix("Error: words/\(name): damaged: SHA-256 is "), "\(run.error)")
            try good.write(to: tool.file("words/\(name)"))
        }
        #expect(try tool.run(tool.pretraining(steps: 2, ["--vocabulary", "words"])).code == 0)
    }

    @Test func kernelsAreChosenWhenTheProgramIsBuilt() throws {
        let tool = try CommandLineTool()
        let wrong = try tool.shell("YOSO_KERNELS=nonsense yoso doctor")
        #expect(
            wrong.code == 1
                && wrong.error.hasPrefix(
                    "Error: YOSO_KERNELS is 'nonsense', but this program was built with kernels for "),
            "\(wrong.error)")
        #expect(try tool.shell("YOSO_KERNELS= yoso doctor").code == 0)
    }
}
