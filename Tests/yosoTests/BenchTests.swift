import Foundation
import Testing

@testable import Benchmarks

@Suite struct BenchTests {
    /// As Linux writes it on x86-64, on a Neoverse N1, and elsewhere.
    @Test(arguments: [
        ("processor\t: 0\nmodel name\t: AMD EPYC 9554 64-Core Processor\n", "AMD EPYC 9554 64-Core Processor"),
        ("CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n", "Arm, implementer 0x41, part 0xd0c"),
        ("", "unknown"),
    ])
    func theCPUHasItsName(info: String, name: String) { #expect(MachineFacts.cpuName(of: info) == name) }

    @Test func attentionsAreTimedOnRandomNumbersAndOnACheckpoint() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 1)).code == 0)
        // 48 tokens at least are more than a sequence of the text, 130 more than the encoder has positions.
        let bench = [
            "bench", "attention", "--lengths", "48", "130", "--width", "8", "--rounds", "1", "--hashes", "4",
            "--data", "random", "checkpoint", "--checkpoint", "run/best", "--text", "text", "--output", "out",
        ]
        let result = try tool.run(bench)
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("130 tokens, checkpoint queries and keys, a head of 8"))
        #expect(result.output.contains("yoso-4 with backward is faster than our softmax "))
        let report = try JSONDecoder().decode(
            AttentionReport.self, from: Data(contentsOf: tool.file("out/attention.json")))
        #expect(report.records.count == 2 * 2 * TimedAttentions.names.count)
        for record in report.records {
            #expect(record.forward > 0 && record.forwardBackward > 0, "\(record.name)")
            #expect(record.errorToSoftmax != nil || record.name == "softmax")
            #expect((record.errorToExpectation != nil) == record.name.hasSuffix("-4"))
        }
        let page = try String(contentsOf: tool.file("out/attention.html"), encoding: .utf8)
        #expect(page.contains("<svg") && page.contains("nystrom"))

        let clustered = try tool.run(
            "bench", "attention", "--lengths", "48", "48", "--only", "yoso-32", "--data", "clustered", "clustered",
            "--output", "out")
        let head = "48 tokens, clustered queries and keys"
        #expect(clustered.output.components(separatedBy: head).count == 2, "\(clustered.output)\(clustered.error)")
        // Softmax was not timed.
        #expect(!clustered.output.contains("faster than our softmax"), "\(clustered.output)")
        let wide = try tool.run(bench + ["--width", "16"])
        #expect(wide.code == 1 && wide.error.contains("run/best: its heads are 8 wide"))
    }

    /// Of few tokens none may be drawn to be masked, and an attention may take fewer than there are positions.
    @Test func shortSequencesAreTimed() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let train = try tool.run(
            "bench", "train", "--layers", "1", "--hidden", "64", "--batch", "1", "--length", "1", "--vocab", "100",
            "--steps", "1", "--rounds", "1", "--precision", "fp32")
        #expect(train.code == 0, "\(train.error)")
        let linformer = ["--set", "model.attention=linformer(rank=4 length=24)", "--set", "examples.length=16"]
        #expect(try tool.run(tool.pretraining(steps: 1, linformer)).code == 0)
        let attention = try tool.run(
            "bench", "attention", "--lengths", "20", "--width", "8", "--rounds", "1", "--only", "softmax",
            "--data", "checkpoint", "--checkpoint", "run/best", "--text", "text", "--output", "out")
        #expect(attention.code == 0, "\(attention.error)")
    }

    @Test func stepsOfTheLongRangeArenaAreTimed() throws {
        let tool = try CommandLineTool()
        let bench = [
            "bench", "lra", "--task", "pathfinder", "--rounds", "1", "--set", "batch=2 sequences", "--set",
            "model.layers=1",
        ]
        let result = try tool.run(bench)
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("pathfinder, 2 rows of 1,024 tokens, 1x64, 2 heads"), "\(result.output)")
        #expect(result.output.contains("2,048 tokens a step") && result.output.contains("yoso(hashes=32) round 1: "))
        #expect(result.output.contains(" of tensors; ") && result.output.contains(" times as fast, with "))
        for (arguments, message) in [
            (["--task", "glue"], "--task glue: wanted one of listops, text, retrieval, image, pathfinder"),
            (["--rounds", "0"], "wanted --steps and --rounds from 1 to 65536"),
            (["--set", "task=image"], "--task pathfinder with task=image: wanted one of them"),
        ] {
            let result = try tool.run(bench + arguments)
            #expect(result.code == 64 && result.error.contains(message), "\(result.error)")
        }
    }

    @Test func whatCannotBeTimedIsRefused() throws {
        let tool = try CommandLineTool()
        for (arguments, message) in [
            (["--data", "real"], "--data real: wanted random, clustered or checkpoint"),
            (["--data", "checkpoint"], "--data checkpoint and --checkpoint FOLDER go together"),
            (["--only", "softmx"], "--only softmx (did you mean 'softmax'?): wanted one of softmax, "),
            (["--lengths", "0"], "wanted --lengths 1 to "), (["--hashes", "0"], "--hashes 1 to 1024"),
            (["--limit", "nan"], "--limit above 0"), (["--text", "sample"], "--text is for --data checkpoint"),
            (
                ["--lengths", "8", "64", "--only", "linformer(length=10)"],
                "--only linformer(length=10): takes 10 tokens at most; --lengths has 64"
            ), (["--only", "yoso(hashes=2 hashes=4)"], "--only: 'yoso(hashes=2 hashes=4)' says 'hashes' twice"),
            (["--only", "yoso(hashes=0)"], "--only: yoso(hashes=0): attention.hashes is '0'; wanted an integer "),
            (
                ["--only", "yoso(hases=4)"],
                "--only: yoso(hases=4): unknown 'hases' (did you mean 'hashes'?); wanted some of hashes, "
            ),
            (["--only", "softmax("], "--only: 'softmax(' is no value; wanted for example "),
        ] {
            let result = try tool.run(["bench", "attention"] + arguments)
            #expect(result.code == 64 && result.error.contains(message), "\(result.error)")
        }
        let long = try tool.run("bench", "train", "--length", "64", "--attention", "linformer(length=10)")
        let message = "--attention linformer(length=10): takes 10 tokens at most; --length is 64"
        #expect(long.code == 64 && long.error.contains(message), "\(long.error)")
        let nowhere = try tool.run("bench", "attention", "--data", "checkpoint", "--checkpoint", "nothere")
        #expect(nowhere.code == 1 && nowhere.error.hasPrefix("Error: nothere: no checkpoint"), "\(nowhere.error)")
    }

    @Test func theCrossoverIsWhereItStaysFaster() {
        func record(_ name: String, _ length: Int, _ time: Double) -> AttentionRecord {
            AttentionRecord(name: name, data: "random", length: length, forward: time, forwardBackward: time)
        }
        let times: [(Int, Double, Double?)] = [(128, 1, 2), (256, 3, 2), (512, 3, 4), (1024, 6, nil)]
        let report = AttentionReport(
            machine: "", width: 64, threads: 1,
            records: times.flatMap { length, mine, other in
                [record("yoso-32", length, mine)] + (other.map { [record("softmax", length, $0)] } ?? [])
            })
        let long = AttentionReport(
            machine: "", width: 64, threads: 1, records: [record("yoso(hashes=16 bits=4)", 128, 1)])
        #expect(long.table(data: "random", length: 128).last?.hasPrefix("yoso(hashes=16 bits=4)  ") == true)
        #expect(report.crossover("yoso-32", "softmax", data: "random", \.forward) == 512)
        #expect(report.crossover("softmax", "yoso-32", data: "random", \.forward) == nil)
    }

    @Test func stepsHaveASpeedAndPhases() throws {
        let tool = try CommandLineTool()
        let small = [
            "bench", "train", "--layers", "1", "--hidden", "64", "--batch", "2", "--length", "16", "--vocab", "50",
            "--rounds", "1", "--steps", "1", "--output", "train.json",
        ]
        let result = try tool.run(small)
        #expect(result.code == 0, "\(result.error)")
        for word in ["fp32: ", "tokens/s", "of the measured", "dense backward", "attention forward", "optimizer"] {
            #expect(result.output.contains(word), "\(word)")
        }
        let json = try Data(contentsOf: tool.file("train.json"))
        let run = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(run["hidden"] as? Int == 64 && (run["peakBytes"] as? Int ?? 0) > 1 << 20)
        let records = try #require(run["results"] as? [[String: Any]])
        #expect(records.allSatisfy { ($0["tokensPerSecond"] as? Double ?? 0) > 0 })
        // A peer's last line counts, and one that fails is said; where there is no Python too.
        try tool.write("#!/bin/sh\nexec sh \"$@\"\n", to: "bin/python3")
        func bench(against peer: String) throws -> CommandLineTool.Result {
            let words = (small + ["--precision", "fp32", "--against", peer]).joined(separator: " ")
            return try tool.shell("chmod +x bin/python3; export PATH=$PWD/bin:$PATH; yoso \(words)")
        }
        try tool.write(
            "echo warming up; echo '{\"tokens_per_second\": 5.0, \"peak_mib\": 7}'\n", to: "peers/torch_pretrain.py")
        let beside = try bench(against: "peers")
        #expect(beside.code == 0 && beside.output.contains("; PyTorch 5 tokens/s, ratio "), "\(beside.error)")
        try tool.write("echo 1\n", to: "peer.py")
        let broken = try bench(against: "peer.py")
        #expect(
            broken.code == 1
                && broken.error.contains(
                    "python3 peer.py: exit status 0 and no JSON line; wanted status 0 and a JSON line")
        )
        for command in ["train", "gemm", "attention"] {
            let absent = try tool.run("bench", command, "--against", "none")
            #expect(absent.code == 1 && absent.error.contains("none: no such script; wanted torch_"), "\(absent.error)")
        }
        #expect(try tool.run(small + ["--hidden", "65"]).code == 64)
        #expect(try tool.run(small + ["--peer-compile"]).code == 64)
        let early = try tool.run(small + ["--output", "none/a.json"])
        #expect(early.code == 1 && early.error.contains("none: no such folder, or not writable"))
    }

    @Test func productsHaveASpeed() throws {
        let tool = try CommandLineTool()
        let result = try tool.run("bench", "gemm", "--shapes", "8x16x24", "--rounds", "1")
        #expect(result.code == 0, "\(result.error)")
        for form in ["forward", "inputGradient", "weightGradient"] {
            #expect(result.output.contains("8x16x24         \(form)"), "\(form)")
        }
        let wrong = try tool.run("bench", "gemm", "--shapes", "8x16")
        #expect(wrong.code == 64 && wrong.error.contains("--shapes 8x16: wanted ROWSxOUTPUTSxINPUTS"))
    }

    @Test func aRunSaysWhereItsTimeWent() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let result = try tool.run(tool.pretraining(steps: 2, ["--profile"]))
        #expect(result.code == 0, "\(result.error)")
        for word in ["examples ", "dense forward", "reduction", "waiting"] {
            #expect(result.output.contains(word), "\(word)")
        }
        // Of a run that never began there is nothing to say.
        let refused = try tool.run(tool.pretraining(steps: 2, ["--profile", "--set", "model.dropout=0.2"]))
        #expect(refused.code == 1 && !refused.output.contains("waiting"), "\(refused.output)")
    }
}
