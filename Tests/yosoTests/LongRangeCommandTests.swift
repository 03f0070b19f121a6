import Checkpoints
import Digests
import Foundation
import Testing
import Training

/// The Long Range Arena on the command line.
@Suite(.serialized) struct LongRangeCommandTests {
    private let tool: CommandLineTool
    /// Of a very small encoder and a short run.
    private static let settings = [
        "model.width=8", "model.intermediate=8", "model.layers=1", "batch=4 sequences", "schedule.warmup=1 steps",
        "checkpoints.every=2 steps", "evaluation.every=4 steps", "evaluation.rows=3", "model.attention=yoso",
        "model.attention.hashes=4",
    ].flatMap { ["--set", $0] }

    init() throws { tool = try CommandLineTool(links: []) }

    private func run(_ task: String, steps: Int = 4, output: String, _ more: String...) throws -> [String] {
        ["finetune", "--task", task, "--data", "lra", "--output", output, "--set", "budget=\(steps) steps"]
            + Self.settings + more
    }

    private func generate() throws {
        let made = try tool.run(
            "data", "lra", "--output", "lra", "--listops-rows", "16", "4", "5", "--pathfinder-rows", "8", "4", "6",
            "--image-rows", "0", "0", "0", "--retrieval-rows", "0", "0", "0")
        #expect(made.code == 0 && made.output.contains("lra/listops_train.tsv: 16 rows"), "\(made.error)")
    }

    private func weights(_ run: String, _ step: Int) throws -> String {
        try SHA256.hexadecimal(ofFile: tool.file("\(run)/\(RunFolder.checkpointName(step))/model.safetensors"))
    }

    @Test func killedAndResumedGivesTheSameBits() throws {
        try generate()
        let straight = try tool.run(run("listops", steps: 30, output: "straight"))
        #expect(straight.code == 0 && straight.output.contains("; test accuracy "), "\(straight.error)")
        #expect(straight.output.contains("on 3 rows") && straight.output.contains("on 5 rows"))
        let (process, _, _) = try tool.start(run("listops", steps: 30, output: "killed"))
        while process.isRunning, !tool.exists("killed/step-000004") { usleep(2000) }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "nothing was killed; the run is too short")
        let resumed = try tool.run(run("listops", steps: 30, output: "killed"))
        #expect(resumed.code == 0 && resumed.output.contains("continuing at step "), "\(resumed.error)")
        #expect(try weights("killed", 30) == weights("straight", 30))
        let last = { (result: CommandLineTool.Result) in
            result.output.split(separator: "\n").last { $0.hasPrefix("best: ") }?.split(separator: ";").dropLast()
        }
        #expect(last(straight) == last(resumed) && last(straight)?.count == 2)
        // The run has ended: nothing is learned or scored again, and the checkpoint alone says the same.
        let again = try tool.run(run("listops", steps: 30, output: "killed"))
        #expect(last(again) == last(resumed) && !again.output.contains("saved"))
        let evaluation = try tool.run("evaluate", "--checkpoint", "killed")
        let score = evaluation.output.split(separator: "\n").first?.replacingOccurrences(of: "ListOps test: ", with: "")
        #expect(try straight.output.contains("; test \(#require(score));"), "\(evaluation.output)\(evaluation.error)")
        #expect(!again.output.contains("note: the test rows"))
        let fewer = try tool.run(run("listops", steps: 30, output: "killed", "--set", "evaluation.testRows=3"))
        #expect(fewer.output.contains("note: the test rows have changed since accuracy "), "\(fewer.output)")
        let other = try tool.run(run("listops", steps: 30, output: "killed", "--set", "seed=2"))
        #expect(other.code == 1 && other.error.contains("was begun with seed 1, now 2"))
    }

    /// More dev rows than are probed for the time of an evaluation.
    @Test func aBudgetOfTimeIsSteps() throws {
        let made = try tool.run(
            "data", "lra", "--output", "lra", "--listops-rows", "16", "70", "5", "--pathfinder-rows", "0", "0", "0",
            "--image-rows", "0", "0", "0", "--retrieval-rows", "0", "0", "0")
        #expect(made.code == 0, "\(made.error)")
        let result = try tool.run(
            run("listops", output: "timed", "--set", "budget=3s", "--set", "evaluation.rows=all"))
        #expect(result.code == 0 && result.output.contains(" on 70 rows"), "\(result.error)")
        let steps = try MetricsLog.values(StepReport.self, kind: "step", in: tool.file("timed/metrics.jsonl"))
        #expect(steps.count > 3, "\(steps.count)")
    }

    /// Documents of no byte, of one, of the limit and one more, and bytes that are no UTF-8.
    @Test(arguments: ["text", "retrieval"]) func documentsOfAllLengths(task: String) throws {
        let documents =
            [[], [0xFF], Array(repeating: 0x78, count: 4000), Array(repeating: 0x79, count: 4001), [0xC3, 0x00]]
            as [[UInt8]]
        func table(_ label: Int) -> Data {
            var bytes = task == "text" ? Array("label\ttext\n".utf8) : []
            for index in 0..<10 {
                let (one, other) = (documents[index % 5], documents[(3 * index + 1) % 5])
                bytes += Array("\((index + label) % 2)\t".utf8) + (task == "text" ? [] : Array("a\tb\t".utf8))
                bytes += one + (task == "text" ? [] : [0x09] + other) + [0x0A]
            }
            return Data(bytes)
        }
        for name in ["lra", "text"] {
            try FileManager.default.createDirectory(at: tool.file(name), withIntermediateDirectories: true)
        }
        let names =
            task == "text" ? ["imdb_train", "imdb_test"] : ["train", "eval", "test"].map { "new_aan_pairs.\($0)" }
        for (label, name) in names.enumerated() { try table(label).write(to: tool.file("lra/\(name).tsv")) }
        let result = try tool.run(run(task, steps: 2, output: "run"))
        #expect(result.code == 0 && result.output.contains("; test accuracy "), "\(result.error)")
        // As its own config.json tells, whatever the tokenizers' folder looks for there.
        let prediction = try tool.run("predict", "--checkpoint", "run")
        #expect(
            prediction.code == 1 && prediction.error.contains("a model of the Long Range Arena"),
            "\(prediction.error)")
        let evaluation = try tool.run("evaluate", "--checkpoint", "run")
        #expect(evaluation.code == 0 && evaluation.output.contains(" on 10 rows"), "\(evaluation.error)")
    }

    private func table(_ folder: String) throws -> String {
        try String(contentsOf: tool.file("\(folder)/table.md"), encoding: .utf8)
    }

    @Test func oneTableOfAllTasksThatAreThere() throws {
        try generate()
        let result = try tool.run(run("lra", steps: 2, output: "all"))
        #expect(result.code == 0, "\(result.error)")
        let table = try table("all")
        #expect(table.hasPrefix("| test accuracy | ListOps | Text | Retrieval | Image | Pathfinder | average |\n"))
        #expect(table.contains("| test rows | 5 | – | – | – | 6 |  |"), "\(table)")
        #expect(
            table.contains("| yoso | 0.04%, of 4 rows for 32 | – | – | – | 0.00321%, of 4 rows for 256 |"), "\(table)")
        #expect(table.hasSuffix("the average is without Text, Retrieval, Image\n"))
        let cut = try tool.run("evaluate", "--task", "lra", "--checkpoint", "all", "--length", "9")
        #expect(cut.code == 64 && cut.error.hasPrefix("Error: --length with a task of the Long Range Arena"))
        let evaluation = try tool.run("evaluate", "--task", "lra", "--checkpoint", "all")
        #expect(evaluation.code == 0 && evaluation.output == table, "\(evaluation.error)")
        // Runs of the folder itself beside those of a value of the same name.
        try FileManager.default.createDirectory(at: tool.file("all/yoso"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: tool.file("all/listops"), to: tool.file("all/yoso/listops"))
        let two = try tool.run("evaluate", "--task", "lra", "--checkpoint", "all").output
        #expect(two.contains("| yoso (of all itself) | ") && two.contains("| yoso | "), "\(two)")
        let one = try tool.run("evaluate", "--checkpoint", "all/listops")
        #expect(one.output.contains("\nthe paper's steps: 0.04%, of 4 rows for 32\n"), "\(one.output)\(one.error)")
    }

    private func comparison(_ output: String) -> [String] {
        // What differs between settings is what is compared.
        let settings = Self.settings.dropLast(4)
        return [
            "finetune", "--task", "lra", "--short", "--data", "lra", "--output", output, "--seeds", "2", "--over",
            "model.attention=softmax,yoso(hashes=2 bits=2)", "--set", "budget=6 steps",
        ] + settings
    }

    /// Scores, without what is a measure of time.
    private func scores(_ folder: String) throws -> String {
        try String(table(folder).components(separatedBy: "\n\n")[0])
    }

    @Test func aComparisonThatIsKilledGoesOnToTheSameTable() throws {
        try generate()
        let straight = try tool.run(comparison("straight"))
        #expect(straight.code == 0, "\(straight.error)")
        let table = try table("straight")
        #expect(table.contains("| yoso(hashes=2 bits=2) | ") && table.contains("| published: softmax | 37.1 | 65.0 | "))
        #expect(table.contains("| time a step | ListOps |") && table.contains("| peak memory of tensors | ListOps |"))
        #expect(table.contains("medians over the seeds that ended, and where all are known the range"))
        #expect(table.contains("; 2 seeds)") || table.contains("; 2 seeds, "), "\(table)")
        let evaluated = try tool.run(
            "evaluate", "--task", "lra", "--checkpoint", "straight", "--data", "lra")
        #expect(evaluated.output.contains(" (2 seeds"), "\(evaluated.output)\(evaluated.error)")
        #expect(table.contains("\nnot of the release, as published scores are, but other rows: ListOps, Pathfinder\n"))
        let page = try String(contentsOf: tool.file("straight/report.html"), encoding: .utf8)
        #expect(page.contains(">seconds a step</text>") && page.contains("<small>test accuracy, percent</small>"))
        #expect(page.contains(">yoso(hashes=2 bits=2)</text>") && page.contains(">softmax</text>"))
        for place in ["softmax/listops/seed-1/step-000004", "yoso-hashes=2-bits=2-/listops/seed-2/state-000002"] {
            let (process, _, _) = try tool.start(comparison("killed"))
            while process.isRunning, !tool.exists("killed/\(place)") { usleep(1000) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(process.terminationReason == .uncaughtSignal, "nothing was killed; the run is too short")
        }
        let resumed = try tool.run(comparison("killed"))
        #expect(resumed.code == 0, "\(resumed.error)")
        #expect(try scores("killed") == scores("straight"))
        for run in ["softmax/listops/seed-1", "yoso-hashes=2-bits=2-/listops/seed-2", "softmax/pathfinder/seed-2"] {
            #expect(try weights("killed/\(run)", 6) == weights("straight/\(run)", 6))
        }
        let evaluation = try tool.run("evaluate", "--task", "lra", "--checkpoint", "killed")
        #expect(evaluation.code == 0 && evaluation.output.contains("| softmax | "), "\(evaluation.error)")
        #expect(evaluation.output.contains("| yoso-hashes=2-bits=2- | "))
        // Rows that it would lose: of a value, of a seed, and of values where there is none to be.
        for (change, lost) in [
            (("softmax,yoso(hashes=2 bits=2)", "softmax"), "killed: holds yoso-hashes=2-bits=2-"),
            (("2", "1"), "killed/softmax/listops: holds seed-2"),
        ] {
            let less = try tool.run(
                comparison("killed").map {
                    $0.hasSuffix("=\(change.0)") || $0 == change.0 ? $0.replacing(change.0, with: change.1) : $0
                })
            #expect(
                less.code == 1 && less.error.hasPrefix("Error: \(lost), whose row the table would lose; "),
                "\(less.error)")
        }
        let plain = try tool.run(run("lra", steps: 2, output: "killed"))
        #expect(plain.code == 1 && plain.error.hasPrefix("Error: killed: holds softmax, whose row "), "\(plain.error)")
    }

    @Test func whatIsWrongIsOneLine() throws {
        try generate()
        let foreign = try tool.run(run("listops", output: "x", "--checkpoint", "y"))
        #expect(foreign.code == 64)
        #expect(
            foreign.error.hasPrefix("Error: --checkpoint with a task of the Long Range Arena, which is learned from"))
        let missing = try tool.run(run("image", output: "x"))
        #expect(missing.code == 1 && missing.error.hasSuffix("data_batch_1.bin: cannot be read\n"), "\(missing.error)")
        for (arguments, message) in [
            (
                ["--task", "sst2", "--short"],
                "--short: wanted --task lra, or a task of the Long Range Arena, and no recipe"
            ),
            (
                ["--task", "all", "--over", "seed=1"],
                "--over: wanted --task lra, or a task of the Long Range Arena, and no"
            ),
            (
                ["--task", "lra", "--over", "seed=1,2", "--seeds", "2"],
                "--over seed: it is set by a flag of its own too"
            ),
            (["--task", "lra", "--over", "model.norm"], "--over model.norm: wanted KEY=VALUE,VALUE,…"),
            (
                ["--task", "lra", "--checkpoint", "y"],
                "--checkpoint with a task of the Long Range Arena, which is learned"
            ),
        ] {
            let result = try tool.run(["finetune", "--data", "lra"] + arguments)
            #expect(result.code == 64 && result.error.hasPrefix("Error: " + message), "\(result.error)")
        }
        let other = try tool.run("finetune", "mini", "--task", "text", "--data", "lra")
        #expect(
            other.code == 64 && other.error.hasPrefix("Error: --task text with mini: wanted a recipe of kind longrange")
        )
        let same = try tool.run([
            "finetune", "--task", "ListOps", "--data", "lra", "--over",
            "model.attention=softmax,softmax(convolution=0)",
        ])
        #expect(
            same.code == 64
                && same.error.hasPrefix("Error: --over: 'softmax' and 'softmax(convolution=0)' are the same\n"),
            "\(same.error)")
        let rows = try tool.run("data", "lra", "--output", "lra", "--listops-rows", "1", "2")
        #expect(
            rows.code == 64
                && rows.error.hasPrefix("Error: --listops-rows 1 2: wanted 1 to 1,000,000 rows of train, dev and test"))
        try tool.write("Source\tTarget\n\(String(repeating: "1 ", count: 2001))\t1\n", to: "lra/listops_train.tsv")
        let long = try tool.run(run("listops", output: "x"))
        #expect(long.code == 1 && long.error == "Error: lra/listops_train.tsv:2: 2001 words; wanted at most 2000\n")
        #expect(!tool.exists("x"))
    }
}
