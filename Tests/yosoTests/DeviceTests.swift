import Checkpoints
import Foundation
import Testing

/// Commands that a GPU computes: what they say, and that they say the same as on the CPU.
@Suite(.enabled(if: EmulatedDevice.folder != nil, EmulatedDevice.missing), .serialized)
struct DeviceTests {
    @Test func predictionsAreThoseOfTheCPU() throws {
        let device = try EmulatedDevice()
        try device.tool.writeTask()
        try device.pretrain(steps: 20)
        let tuned = try device.run(device.tool.finetuning(["--device", "cuda"]))
        #expect(tuned.code == 0 && tuned.output.contains("tuned: Emulated, CUDA 13.0, weights of run/best\n"))
        // Numbers differ in their last digits, which are left out; all else is equal.
        func compare(_ arguments: [String], input: String = "") throws {
            let results = try ["cpu", "cuda", "auto"].map {
                try device.run(arguments + ["--device", $0], input: input)
            }
            for result in results { #expect(result.code == 0 && result.error == results[0].error, "\(result.error)") }
            let numbers = results.map { result in
                result.output.matches(of: /-?[0-9]+\.[0-9]+(e-?[0-9]+)?/).compactMap { Double($0.0) }
            }
            #expect(!numbers[0].isEmpty)
            for other in numbers.dropFirst() {
                #expect(other.count == numbers[0].count)
                #expect(zip(other, numbers[0]).allSatisfy { abs($0 - $1) < 1e-4 }, "\(results[1].output)")
            }
        }
        try compare(["fill", "the cat sat on the [MASK] and a [MASK] ran", "--checkpoint", "run"])
        let lines = "a fine film\nthe dog sat\n" + String(repeating: "a dull film and a fine cat ", count: 8) + "\n"
        try compare(["predict", "--checkpoint", "tuned"], input: lines)
        try compare(["predict", "--checkpoint", "tuned", "--batch", "1"], input: lines)
        try compare(["embed", "--checkpoint", "run"], input: lines)
        try compare(["embed", "--checkpoint", "run", "--pooling", "first"], input: lines)
        func score(_ name: String, _ more: [String] = ["--checkpoint", "tuned"]) throws -> Substring? {
            let result = try device.run(["evaluate", "--device", name] + more)
            #expect(result.code == 0, "\(result.error)")
            // All but its speed.
            return result.output.split(separator: ",").first
        }
        #expect(try score("cuda") == score("cpu"))
        let text = ["--checkpoint", "run", "--data", "text"]
        #expect(try score("cuda", text) == score("cpu", text))
    }

    /// Models are opened by one thread and asked by others.
    @Test func aServerAnswersAsTheCPU() throws {
        let device = try EmulatedDevice()
        try device.pretrain(steps: 2)
        func numbers(on name: String) throws -> [[Double]] {
            let (server, output, error) = try device.start([
                "serve", "--checkpoint", "run", "--port", "0", "--device", name,
            ])
            defer { server.terminate() }
            let port = try ServeTests.port(output)
            let bodies = [("fill", "[\"the [MASK] sat\"]"), ("embed", "\"the cat sat\""), ("fill", "\"a [MASK]\"")]
            return try bodies.map { path, body in
                let request = try ServeTests.connection(port)
                let head =
                    "POST /\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                request.write(Data((head + body).utf8))
                let reply = String(decoding: try request.readToEnd() ?? Data(), as: UTF8.self)
                let said = try String(contentsOf: error, encoding: .utf8)
                #expect(reply.hasPrefix("HTTP/1.1 200 OK"), "\(path): \(reply)\(said)")
                let answer = try #require(reply.components(separatedBy: "\r\n\r\n").last)
                return answer.matches(of: /-?[0-9]+\.[0-9]+(e-?[0-9]+)?/).compactMap { Double($0.0) }
            }
        }
        for (one, other) in zip(try numbers(on: "cuda"), try numbers(on: "cpu")) {
            #expect(!one.isEmpty && one.count == other.count)
            #expect(zip(one, other).allSatisfy { abs($0 - $1) < 1e-4 }, "\(one) \(other)")
        }
    }

    /// Every word's first token is read, and no other; blocks that are frozen go forward alone.
    @Test(arguments: [0, 1]) func wordsLearnAsOnTheCPU(frozen: Int) throws {
        let device = try EmulatedDevice()
        try device.tool.writeNames()
        try device.pretrain(steps: 1)
        try device.compareSteps(38, loss: 1e-4, norm: 2e-3) { name in
            ["finetune", "names.yaml", "--checkpoint", "run", "--output", name, "--device", name]
                + ["epochs=1", "classifierDropout=0.1", "optimizer.rate=1e-3", "layers.frozen=\(frozen)"]
                .flatMap { ["--set", $0] }
        }
        struct Answer: Decodable, Equatable {
            struct Entity: Decodable, Equatable {
                let type, text: String
                let probability: Double
            }
            let entities: [Entity]
        }
        let answers = try ["cpu", "cuda"].map { name in
            let result = try device.run(
                ["predict", "--checkpoint", "cpu", "--device", name],
                input: "Anna Berg slept in Paris.\n\nToday Tom London went to Rome, twice.\n")
            #expect(result.code == 0, "\(result.error)")
            return try result.output.split(separator: "\n").map {
                try JSONDecoder().decode(Answer.self, from: Data($0.utf8)).entities
            }
        }
        #expect(answers[0].map { $0.map(\.text) } == answers[1].map { $0.map(\.text) } && answers[0].count == 3)
        for (one, other) in zip(answers[0].joined(), answers[1].joined()) {
            #expect(one.type == other.type && abs(one.probability - other.probability) < 1e-4)
        }
    }

    /// Losses and the norm of all gradients, step by step; dropout and hashes are drawn by the same numbers.
    @Test(arguments: [
        ["attention=softmax"], ["attention=softmax", "dropout=0.1", "attentionDropout=0.1", "norm=pre"],
        ["attention=yosoExpectation"], ["attention=yoso", "attention.convolution=5"],
        [
            "attention=yoso", "attention.estimator=conditional", "attention.bits=4", "attention.kernelBits=9",
            "attention.normalization=mass",
        ],
        ["attention=softmax", "attention.queryKeyNorm=true"], ["attention=local", "attention.window=5"],
        ["attention=linear"], ["attention=nystrom", "attention.landmarks=8"],
        [
            "attention=yoso", "attention.estimator=conditional", "attention.hashes=2", "attention.bits=auto",
            "attention.kernelBits=3", "attention.pairs=8",
        ],
        ["objective=replacedTokens"],
    ])
    func learnsAsTheCPUDoes(model: [String]) throws {
        let device = try EmulatedDevice()
        let settings =
            model.flatMap { ["--set", $0.hasPrefix("objective") ? $0 : "model.\($0)"] }
            + ["--set", "optimizer.kind=lamb"]
        try device.compareSteps(12, loss: 2e-5, norm: 1e-3) {
            device.pretraining(steps: 12, output: $0, device: $0, settings)
        }
    }

    /// Documents alone and in pairs, whose features are of both: steps, and the score of the test rows.
    @Test(arguments: ["text", "retrieval"])
    func documentsLearnAsOnTheCPU(task: String) throws {
        let device = try EmulatedDevice()
        let names =
            task == "text" ? ["imdb_train", "imdb_test"] : ["train", "eval", "test"].map { "new_aan_pairs.\($0)" }
        for (shift, name) in names.enumerated() {
            let rows = (0..<12).map { row in
                let (one, other) = ((7 * row + shift) % 40, 1 + (11 * row) % 70)
                let texts = [one, other].map { String(repeating: "x of \($0)", count: 1 + $0 / 5) }
                return task == "text" ? "\(row % 2)\t\(texts[0])" : "\(row % 2)\ta\tb\t\(texts[0])\t\(texts[1])"
            }
            let file = device.tool.file("lra/\(name).tsv")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            let lines = (task == "text" ? ["label\ttext"] : []) + rows
            try (lines.joined(separator: "\n") + "\n").write(to: file, atomically: true, encoding: .utf8)
        }
        let settings = [
            "batch=4 sequences", "budget=8 steps", "schedule.warmup=1 steps", "evaluation.every=4 steps",
            "checkpoints.every=4 steps", "optimizer.rate=1e-3", "model.attention=yoso(hashes=4 bits=4)",
        ]
        let outputs = try device.compareSteps(8, loss: 1e-4, norm: 2e-3) { name in
            ["finetune", "--task", task, "--data", "lra", "--output", name, "--device", name]
                + settings.flatMap { ["--set", $0] }
        }
        let scores = outputs.map { $0.firstMatch(of: /test accuracy [0-9.]+%/)?.0 }
        #expect(scores[0] != nil && scores[0] == scores[1], "\(outputs)")
    }

    /// Blocks of an RTX 30, 40 or 50 have 99 KB of shared memory, those of an H100 227: kernels fit, and compute the same bits.
    @Test(arguments: ["softmax", "local", "yosoExpectation", "yoso(hashes=4 bits=6 convolution=5)"])
    func blocksFitIntoSmallerGPUs(attention: String) throws {
        let device = try EmulatedDevice()
        let settings = ["model.attention=\(attention)", "model.width=128", "model.heads=1", "precision=bf16"]
            .flatMap { ["--set", $0] }
        for (name, bytes) in [("large", "232448"), ("small", "101376")] {
            let result = try device.run(
                device.pretraining(steps: 2, output: name, settings), ["YOSO_EMULATED_SHARED": bytes])
            #expect(result.code == 0, "\(result.error)")
        }
        #expect(try device.weights("large/best") == device.weights("small/best"))
    }

    @Test func verifyResumeProvesIt() throws {
        let device = try EmulatedDevice()
        let settings = device.pretraining(steps: 1).dropFirst(6).filter { $0 != "--set" && $0 != "--device" }
            .filter { !$0.hasPrefix("budget") && !$0.hasPrefix("checkpoints") && $0 != "cuda" }
        let result = try device.run(
            ["verify-resume", "Recipes/Pretraining/tiny.yaml", "--at", "8", "--data", "text", "--device", "cuda"]
                + settings.flatMap { ["--set", $0] })
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains("the weights are the same bits"))
        let state = try RunState(
            of: device.tool.file("Checkpoints/verify-resume/killed/\(RunFolder.stateName(16))"), step: 16)
        let kernels = "Emulated, cublasLt 130000, NVRTC 13.0, 32768 deviceTokens (yoso "
        #expect(state.arithmetics.count == 1 && state.arithmetics[0].hasPrefix(kernels))
    }

    @Test func anotherDeviceGoesOnAndSaysSo() throws {
        let device = try EmulatedDevice()
        /// What a run says until it is killed, when it says or has left what is waited for.
        func run(_ name: String, until isThere: (String) -> Bool) throws -> String {
            let (run, output, _) = try device.start(device.pretraining(steps: 2000, device: name))
            var text = ""
            while run.isRunning, !isThere(text) {
                usleep(2000)
                text = try String(contentsOf: output, encoding: .utf8)
            }
            kill(run.processIdentifier, SIGKILL)
            run.waitUntilExit()
            return text
        }
        _ = try run("cuda") { _ in device.tool.exists("run/step-000005") }
        let text = try run("cpu") { $0.contains("continuing") }
        let start = "warning: run: was computed by Emulated, cublasLt 130000, NVRTC 13.0, 32768 deviceTokens (yoso "
        #expect(text.contains(start) && text.contains("), goes on with OpenBLAS "), "\(text)")
    }

    @Test func theFirstLineSaysWhatComputes() throws {
        let device = try EmulatedDevice()
        func output(_ arguments: [String], _ environment: [String: String?] = [:]) throws -> String {
            let result = try device.run(arguments, environment)
            #expect(result.code == 0, "\(result.error)")
            return result.output
        }
        let there = try output(device.pretraining(steps: 1, device: "auto"), ["OPENBLAS_L2_SIZE": "512"])
        #expect(there.contains("\nrun: Emulated, CUDA 13.0\n") && !there.contains("note: OpenBLAS"), "\(there)")
        let none = try output(
            device.pretraining(steps: 1, output: "none", device: "auto"), ["YOSO_EMULATED_NO_DEVICE": "1"])
        #expect(none.contains("\nnone: OpenBLAS ") && !none.contains("the CPU computes"), "\(none)")
        let performer = try output(
            device.pretraining(steps: 1, output: "performer", device: "auto", ["--set", "model.attention=performer"]))
        #expect(
            performer.contains("\nperformer: OpenBLAS ")
                && performer.contains(
                    "\nnote: the CPU computes, not Emulated: model.attention: performer runs on the CPU only\n"),
            "\(performer)")
        let dry = try output(device.pretraining(steps: 1, output: "dry") + ["--dry-run"])
        #expect(dry.contains("\nGPU memory  "), "\(dry)")
    }

    @Test func stepsOfTheLongRangeArenaAreTimedOnAGPUBesideTheCPU() throws {
        let device = try EmulatedDevice()
        let bench = [
            "bench", "lra", "--rounds", "1", "--set", "batch=1 sequences", "--set", "model.layers=1", "--over",
            "device=cpu,cuda",
        ]
        let result = try device.run(bench + ["--task", "pathfinder"])
        #expect(result.code == 0, "\(result.error)")
        #expect(result.output.contains(", Emulated, CUDA 13.0, pathfinder, 1 rows of 1,024 tokens, "))
        let parts = result.output.components(separatedBy: "\n\n")
        #expect(parts.count == 4 && parts[1].hasPrefix("cpu: ") && parts[1].contains(" of tensors\n"), "\(parts)")
        #expect(parts[1].contains("\n  attention forward ") && !parts[1].contains("softmax_forward"), "\(parts)")
        #expect(parts[2].hasPrefix("cuda: ") && parts[2].contains(" of the GPU's memory; "), "\(parts)")
        #expect(parts[2].contains(" 1 x  softmax_forward\n"), "\(parts)")
        let auto = try device.run(
            bench.dropLast() + ["model.attention=none,performer", "--device", "auto", "--task", "pathfinder"])
        #expect(!auto.output.contains("Emulated, CUDA") && auto.output.contains(" of tensors; "), "\(auto.output)")
        let note = "the CPU computes, not Emulated: model.attention: performer runs on the CPU only"
        #expect(auto.code == 0 && auto.output.contains("\nnote: performer: \(note)\n"), "\(auto.output)\(auto.error)")
    }

    @Test func doctorSaysWhatThereIsAndWhatIsMissing() throws {
        let device = try EmulatedDevice()
        let emulator = try #require(EmulatedDevice.folder)
        /// Lines of these names, and no other that speaks of a GPU.
        func doctor(_ environment: [String: String?] = [:]) throws -> [String] {
            let result = try device.run(["doctor"], environment)
            #expect(result.code == 0, "\(result.error)")
            return result.output.split(separator: "\n").map(String.init)
                .filter { ["GPU", "CUDA", "NVRTC", "cublasLt"].contains($0.prefix { $0 != " " }) }
        }
        let path = URL(fileURLWithPath: emulator).standardized.path
        let all = try doctor()
        #expect(
            all.prefix(4) == [
                "GPU            Emulated, compute capability 9.0, 132 multiprocessors, 4096 of 4096 MiB free",
                "CUDA           13.0, \(path)/libcuda.so.1", "NVRTC          13.0, \(path)/libcuda.so.1",
                "cublasLt       13.0.0, \(path)/libcuda.so.1",
            ], "\(all)")
        #expect(
            all.count == 5 && all[4].wholeMatch(of: /GPU peak       fp32 [0-9.]+, bf16 [0-9.]+ TFLOP\/s/) != nil,
            "\(all)")
        #expect(try doctor(["YOSO_EMULATED_NO_DEVICE": "1"]) == ["GPU            none; the CPU computes"])
        #expect(
            try doctor(["YOSO_EMULATED_DRIVER": "11080"]) == [
                "GPU            NVIDIA's driver is of CUDA 11.8; wanted 12.0 or newer: install a driver from 525 on"
            ])
        let old = try doctor(["YOSO_EMULATED_DRIVER": "12040"])
        #expect(
            old.count == 4 && old[2].hasSuffix("; pip install nvidia-cuda-nvrtc-cu12, or install CUDA's toolkit")
                && old[3].hasSuffix("; pip install nvidia-cublas-cu12, or install CUDA's toolkit"), "\(old)")
        try FileManager.default.createDirectory(at: device.tool.file("bare"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: "\(emulator)/libcuda.so.1"), to: device.tool.file("bare/libcuda.so.1"))
        let bare = device.tool.file("bare").path
        let missing = try doctor(["YOSO_CUDA": bare])
        #expect(
            missing.count == 4 && missing[0] == "GPU            Emulated, compute capability 9.0, 132 multiprocessors"
                && missing[2]
                    == "NVRTC          no libnvrtc.so.13 in YOSO_CUDA=\(bare) (no such file); pip install nvidia-cuda-nvrtc, or install CUDA's toolkit"
                && missing[3].contains("; pip install nvidia-cublas, or"), "\(missing)")
        let half = try doctor(["YOSO_EMULATED_NO_BUILTINS": "1", "XDG_CACHE_HOME": bare])
        #expect(half.first?.contains("finds no libnvrtc-builtins.so beside it; pip install nvidia-cuda-nvrtc") == true)
    }
}
