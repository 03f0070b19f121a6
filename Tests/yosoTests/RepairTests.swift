import Checkpoints
import Digests
import Foundation
import Testing

/// What a kill, a disk or a hand left in the folder of a run is made right, or told, by the same command.
@Suite(.serialized) struct RepairTests {
    private func best(_ tool: CommandLineTool, _ run: String) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: tool.file("\(run)/best").path)
    }

    @Test func bestAndWhatWasPrunedOfAnEndedRun() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run(tool.finetuning()).code == 0)
        for (run, command) in [("run", tool.pretraining(steps: 2)), ("tuned", tool.finetuning())] {
            let good = try best(tool, run)
            let names = try FileManager.default.contentsOfDirectory(atPath: tool.file(run).path).sorted()
            for wrong in [nil, "step-000009"] {
                try FileManager.default.removeItem(at: tool.file("\(run)/best"))
                if let wrong { try RunFolder.link(wrong, as: "best", in: tool.file(run)) }
                for leftover in [".partial-step-000002/a", ".dat.nosync1A.b", "step-000099/a", "state-000099/a"] {
                    try tool.write("", to: "\(run)/\(leftover)")
                }
                let result = try tool.run(command)
                #expect(result.code == 0, "\(result.error)")
                #expect(try best(tool, run) == good)
                #expect(try FileManager.default.contentsOfDirectory(atPath: tool.file(run).path).sorted() == names)
            }
        }
    }

    @Test func theBestCarriesNoOptimizer() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let names = try FileManager.default.contentsOfDirectory(atPath: tool.file("run/best/").path)
        #expect(
            names.sorted() == [
                "checksums.json", "config.json", "model.safetensors", "spiece.model", "tokenizer.json",
                "tokenizer_config.json",
            ])
    }

    @Test func aStartThatFailsLeavesNoFolder() throws {
        let tool = try CommandLineTool()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 1)
        #expect(!tool.exists("run"))
    }

    @Test func aForgedStateIsRefused() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run(tool.finetuning()).code == 0)
        let runs = [
            ("run/state-000002", tool.pretraining(steps: 2)), ("tuned/state-000002", tool.finetuning()),
        ]
        for (folder, command) in runs {
            let state = try String(contentsOf: tool.file("\(folder)/state.json"), encoding: .utf8)
            for index in ["-1", "4611686018427387904", "1000000"] {
                let forged = state.replacing(/"index" : \d+/, with: "\"index\" : \(index)")
                try tool.forge("\(folder)/state.json", Data(forged.utf8))
                let result = try tool.run(command)
                #expect(result.code == 1)
                #expect(result.error.contains("Error: \(folder)/state.json: index is \(index); wanted 0"))
            }
        }
    }

    @Test func anotherArithmeticIsToldAndRecorded() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let (process, _, _) = try tool.start(tool.pretraining(steps: 100_000))
        while process.isRunning, !tool.exists("run/step-000005") { usleep(5000) }
        process.interrupt()
        process.waitUntilExit()
        let step = try #require(try RunFolder(tool.file("run")).latestStep { _ in })
        let name = RunFolder.stateName(step)
        var state = try RunState(of: tool.file("run/\(name)"), step: step)
        state.arithmetics = ["an abacus"]
        state.totalSteps = step + 1
        try tool.forge("run/\(name)/state.json", try JSONEncoder().encode(state))
        let result = try tool.run(tool.pretraining(steps: 100_000))
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("run: was computed by an abacus, goes on with OpenBLAS "))
        #expect(result.output.contains("): its bits will differ from those of a run on one alone\n"))
        var last = try RunState(of: tool.file("run/\(RunFolder.stateName(step + 1))"), step: step + 1)
        #expect(last.arithmetics.count == 2 && last.arithmetics[0] == "an abacus")

        // Another build of the same kernels, as they were called by programs that named no build.
        let own = try #require(last.arithmetics[1].firstRange(of: " (yoso "))
        last.arithmetics = [String(last.arithmetics[1][..<own.lowerBound])]
        last.totalSteps = step + 2
        try tool.forge("run/\(RunFolder.stateName(step + 1))/state.json", try JSONEncoder().encode(last))
        let again = try tool.run(tool.pretraining(steps: 100_000))
        #expect(again.code == 0 && again.output.contains("run: was computed by OpenBLAS "), "\(again.error)")
        #expect(again.output.contains("): its bits may differ from those of a run on one alone\n"))
    }

    @Test func aDamagedLineOfTheLogIsTold() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let log = tool.file("run/metrics.jsonl")
        var lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init)
        lines.insert("{\"step\":", at: 1)
        try tool.write(lines.joined(separator: "\n") + "\n{\"step\":", to: "run/metrics.jsonl")
        let result = try tool.run(tool.pretraining(steps: 2))
        #expect(result.code == 0 && result.output.contains("run/metrics.jsonl: line 2 is damaged, and left out\n"))
        lines.remove(at: 1)
        #expect(try String(contentsOf: log, encoding: .utf8) == lines.joined(separator: "\n") + "\n")
    }

    /// Another epoch is not called the best in its place.
    @Test func aBestEpochThatTheLogLostIsTold() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run(tool.finetuning()).code == 0)
        let (log, report) = (tool.file("tuned/metrics.jsonl"), try Data(contentsOf: tool.file("tuned/report.json")))
        let text = try String(contentsOf: log, encoding: .utf8)
        try tool.write(text.replacing(/(?m)^(?=.*"isBest":true)/, with: "x"), to: "tuned/metrics.jsonl")
        let result = try tool.run(tool.finetuning())
        #expect(
            result.code == 1
                && result.error.contains(
                    "tuned/metrics.jsonl: the best epoch is missing from it, so that no score is told; tuned/best is unchanged"
                ),
            "\(result.error)")
        #expect(try Data(contentsOf: tool.file("tuned/report.json")) == report)
    }

    /// Those that only read a run believe no log that does not tell all of it.
    @Test func aDamagedLogIsNotBelieved() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let log = try String(contentsOf: tool.file("run/metrics.jsonl"), encoding: .utf8)
        let first = log.split(separator: "\n")[0] + "\n"
        for (text, problem) in [
            (first + "", "it ends at step 1, but the run was saved at step 2"),
            (first + "{\"step\":\n" + log.dropFirst(first.count), "line 2 is no event of a run"),
            ("", "it ends at step 0, but the run was saved at step 2"),
        ] {
            try tool.write(String(text), to: "run/metrics.jsonl")
            let (runs, report) = (try tool.run("runs", "."), try tool.run("report", "run"))
            #expect(
                runs.code == 0 && runs.error.hasPrefix("note: ./run/metrics.jsonl: damaged: \(problem)\n"),
                "\(runs.error)")
            #expect(
                report.code == 1 && report.error == "Error: run/metrics.jsonl: damaged: \(problem)\n", "\(report.error)"
            )
        }
        // Numbers that no run has.
        let evaluation = try #require(log.split(separator: "\n").firstIndex { $0.contains("coreSeconds") }) + 1
        for (text, line) in [
            (log.replacing(/"seconds" ?: ?[\d.e-]+/, with: "\"seconds\":-1e300"), 1),
            (log.replacing(/"totalSteps" ?: ?\d+/, with: "\"totalSteps\":\(Int.max)"), 1),
            (log.replacing(/"memoryBytes" ?: ?\d+/, with: "\"memoryBytes\":\(Int.max)"), 1),
            (log.replacing(/"coreSeconds" ?: ?[\d.e-]+/, with: "\"coreSeconds\":-1"), evaluation),
        ] {
            try tool.write(text, to: "run/metrics.jsonl")
            let (runs, report) = (try tool.run("runs", "."), try tool.run("report", "run"))
            #expect(runs.code == 0 && runs.output.contains("run"), "\(runs.error)")
            #expect(
                report.code == 1
                    && report.error == "Error: run/metrics.jsonl: damaged: line \(line) is no event of a run\n",
                "\(report.error)")
        }
        try tool.write(log, to: "run/metrics.jsonl")
        #expect(try !tool.run("runs", ".").error.contains("note"))
        for damaged in ["", "{\"step\":"] {
            try tool.write(damaged, to: "run/report.json")
            let runs = try tool.run("runs", ".")
            #expect(
                runs.error.hasPrefix(
                    "note: ./run/report.json: damaged: no JSON object; the run's command writes it again\n"),
                "\(runs.error)")
        }
        // What the log lost is told by the run as well, and what it lacks of the report is written again.
        try tool.write(String(first), to: "run/metrics.jsonl")
        let again = try tool.run(tool.pretraining(steps: 2))
        #expect(
            again.output.contains("run/metrics.jsonl: ends at step 1, before step 2; what it told between is lost\n"))
    }

    @Test func whatCannotBeKnownOfACheckpointIsNoted() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run(tool.finetuning()).code == 0)
        let predict = ["predict", "--checkpoint", "tuned"]
        #expect(try tool.run(predict, input: "a\n").error == "")
        let long = "a\n" + String(repeating: "a b ", count: 40) + "\n"
        let cut = "note: 1 of 2 lines are cut to 8 tokens; --length takes up to"
        for command in [predict, ["embed", "--checkpoint", "tuned"]] {
            let result = try tool.run(command + ["--length", "8"], input: long)
            #expect(result.code == 0 && result.error.hasPrefix(cut), "\(result.error)")
        }
        let folder = tool.file("tuned/best").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
        let bare = "it has no checksums.json, so damage could not be looked for\n"
        #expect(try tool.run(predict, input: "a\n").error == "note: tuned/best: \(bare)")
        let url = folder.appendingPathComponent("config.json")
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
        // Of another program's model as much is read as its tokenizer says, or as it takes.
        var foreign = object
        foreign["yoso"] = nil
        try JSONSerialization.data(withJSONObject: foreign).write(to: url)
        let tokenizer = folder.appendingPathComponent("tokenizer_config.json")
        for (said, isCut) in [("12", true), ("1e30", false)] {
            try Data("{\"model_max_length\": \(said)}".utf8).write(to: tokenizer)
            let result = try tool.run(predict, input: long)
            #expect(result.error.contains("note: 1 of 2 lines are cut to 12 tokens") == isCut, "\(result.error)")
            #expect(result.code == 0 && result.error.contains("are cut") == isCut)
        }
        for key in ["use_rotary"] + (0..<9).map({ "k\($0)" }) { object[key] = 3 }
        try JSONSerialization.data(withJSONObject: object).write(to: url)
        let unknown = "fields of config.json that are not known: k0, k1, k2, k3, k4, k5, k6, k7 and 2 fields more"
        #expect(try tool.run(predict, input: "a\n").error == "note: tuned/best: \(unknown); \(bare)")
        let begun = tool.pretraining(steps: 1, output: "more", ["--checkpoint", "tuned/best"])
        // Its classes have no place there.
        let classes = "tensors that are not used: classifier.bias, classifier.weight"
        #expect(try tool.run(begun).output.contains("note: tuned/best: \(classes); \(unknown); \(bare)"))
        // Another program's folder has none.
        object["yoso"] = nil
        try JSONSerialization.data(withJSONObject: object).write(to: url)
        try FileManager.default.moveItem(at: folder, to: tool.file("theirs"))
        #expect(
            try tool.run(["predict", "--checkpoint", "theirs"], input: "a\n").error == "note: theirs: \(unknown)\n")
    }
}

extension CommandLineTool {
    /// Writes a file of a checkpoint as its `checksums.json` then says it should be.
    func forge(_ name: String, _ data: Data) throws {
        struct Checksum: Codable {
            var bytes: Int
            var sha256: String
        }
        let url = file(name)
        try data.write(to: url)
        let list = url.deletingLastPathComponent().appendingPathComponent("checksums.json")
        var sums = try JSONDecoder().decode([String: Checksum].self, from: Data(contentsOf: list))
        sums[url.lastPathComponent] = Checksum(bytes: data.count, sha256: SHA256.hexadecimal(of: data))
        try JSONEncoder().encode(sums).write(to: list)
    }
}
