import Foundation
import Testing

/// Bad luck with a GPU gets one line, and nothing that was saved is lost.
@Suite(.enabled(if: EmulatedDevice.folder != nil, EmulatedDevice.missing), .serialized)
struct DeviceTroubleTests {
    @Test func aGPUThatCannotBeUsed() throws {
        let device = try EmulatedDevice()
        let run = device.pretraining(steps: 1)
        func expect(_ message: String, _ environment: [String: String?]) throws {
            #expect(
                try device.error(run, environment) == "Error: no GPU can be used: \(message); wanted --device cpu")
            #expect(!device.tool.exists("run/step-000001"))
        }
        try expect("NVIDIA's driver finds no GPU", ["YOSO_EMULATED_NO_DEVICE": "1"])
        try expect(
            "NVIDIA's driver is of CUDA 11.8; wanted 12.0 or newer: install a driver from 525 on",
            ["YOSO_EMULATED_DRIVER": "11080"])
        try expect(
            "no libcuda.so.1 in YOSO_CUDA=/nowhere (no such file); install NVIDIA's driver, 525 or newer",
            ["YOSO_CUDA": "/nowhere"])
        // No library of the working folder is opened.
        try device.tool.write("no library", to: "libcuda.so.1")
        let unnamed = try device.run(["doctor"], ["YOSO_CUDA": ""])
        #expect(!unnamed.output.contains("file too short") && !unnamed.output.contains("YOSO_CUDA"), "\(unnamed)")
        #expect(
            try device.error(run, ["YOSO_EMULATED_NO_BUILTINS": "1", "XDG_CACHE_HOME": device.tool.file("none").path])
                .contains("finds no libnvrtc-builtins.so beside it; pip install nvidia-cuda-nvrtc"))
    }

    /// Where a GPU is chosen if there is one, a GPU that is there and cannot be used is no reason to say nothing.
    @Test func aGPUThatIsChosenAndCannotBeUsedIsTold() throws {
        let device = try EmulatedDevice()
        func note(_ environment: [String: String?]) throws -> String? {
            let result = try device.run(device.pretraining(steps: 1, output: "\(UUID())", device: "auto"), environment)
            #expect(result.code == 0, "\(result.error)")
            return (result.output + result.error).split(separator: "\n").first { $0.contains("the CPU computes") }
                .map(String.init)
        }
        let old = "the CPU computes: NVIDIA's driver is of CUDA 11.8; wanted 12.0 or newer"
        #expect(try note(["YOSO_EMULATED_DRIVER": "11080"])?.contains(old) == true)
        #expect(try note(["YOSO_EMULATED_NO_DEVICE": "1"]) == nil)
    }

    /// What a server's largest pass takes is there before it listens; nobody's request ends it.
    @Test func aServerHasItsMemoryBeforeItListens() throws {
        let device = try EmulatedDevice()
        try device.pretrain(steps: 1, device: "cpu")
        let serve = ["serve", "--checkpoint", "run", "--device", "cuda", "--port", "0"]
        let (small, output, error) = try device.start(serve, ["YOSO_EMULATED_MEMORY": "\(88 << 20)"])
        for _ in 0..<1200 where small.isRunning { usleep(50_000) }
        if small.isRunning { small.terminate() }
        small.waitUntilExit()
        #expect(small.terminationStatus == 1)
        #expect(try String(contentsOf: output, encoding: .utf8).isEmpty)
        #expect(try String(contentsOf: error, encoding: .utf8).hasPrefix("Error: Emulated cannot give 8 MiB more"))

        let (server, address, trouble) = try device.start(serve)
        #expect(try ServeTests.port(address) > 0)
        server.terminate()
        server.waitUntilExit()
        let said = try String(contentsOf: trouble, encoding: .utf8)
        #expect(server.terminationStatus == 0 && said.isEmpty, "\(server.terminationStatus): \(said)")
    }

    @Test func aGPUThatIsLostLeavesTheLastCheckpoint() throws {
        let device = try EmulatedDevice()
        try device.pretrain(steps: 10, output: "straight")
        // Whatever a step launches: later and later, until the run has ended before.
        var ways: Set<String> = []
        for launch in stride(from: 3, to: 2000, by: 197) {
            let (output, code) = ("lost\(launch)", launch % 2 == 0 ? 700 : 719)
            let run = device.pretraining(steps: 10, output: output)
            let result = try device.run(run, ["YOSO_EMULATED_LOST": "\(launch):\(code)"])
            guard result.code != 0 else { break }
            let error = String(result.error.dropLast())
            #expect(result.code == 1 && !error.contains("\n"), "\(error)")
            #expect(
                error.firstMatch(of: /^Error: Emulated: .* failed with CUDA_ERROR_(LAUNCH_FAILED|ILLEGAL_ADDRESS);/)
                    != nil)
            ways.insert(error.components(separatedBy: "; ").last ?? "")
            #expect(
                device.tool.exists("\(output)/step-000005") == error.hasSuffix("from \(output)/step-000005"), "\(error)"
            )
            try device.pretrain(steps: 10, output: output)
            #expect(try device.weights("\(output)/step-000010") == device.weights("straight/step-000010"))
        }
        #expect(ways.contains("the same command goes on from the first step, for no checkpoint was saved yet"))
        #expect(ways.contains { $0.hasSuffix("/step-000005") }, "\(ways)")
    }

    @Test func outOfMemorySaysWhatWouldFit() throws {
        let device = try EmulatedDevice()
        let run = device.pretraining(steps: 1, batch: "8192 tokens", ["--set", "model.layers=4"])
        let small = ["YOSO_EMULATED_MEMORY": "\(96 << 20)"]
        let error = try device.error(run, small)
        let tokens = try #require(
            error.firstMatch(
                of:
                    /^Error: Emulated cannot give [0-9]+ MiB more \([0-9]+ of 96 MiB are free\); this pass has [0-9]+ tokens; about --set deviceTokens=([0-9]+) would fit; the same command goes on from the first step/
            )?.1, "\(error)")
        let fitting = try device.run(run + ["--set", "deviceTokens=\(tokens)"], small)
        #expect(fitting.code == 0, "\(fitting.error)")
        let none = try device.error(run, ["YOSO_EMULATED_MEMORY": "\(20 << 20)"])
        #expect(none.contains("(20 of 20 MiB are free); use a smaller model; "), "\(none)")
    }

    @Test func keptKernelsThatAreDamagedAreMadeAnew() throws {
        let device = try EmulatedDevice()
        let cache = device.tool.file("cache")
        let kernels = cache.appendingPathComponent("yoso/kernels")
        func run(_ output: String, _ home: String) throws -> Data {
            // Compiled three times and run for a step, so that compiling fast is what counts.
            let fast = ["XDG_CACHE_HOME": home, "YOSO_EMULATED_FLAGS": "-O0"]
            let result = try device.run(device.pretraining(steps: 1, output: output), fast)
            #expect(result.code == 0 && result.error.hasPrefix("next: "), "\(result.error)")
            return try device.weights("\(output)/step-000001")
        }
        let expected = try run("first", cache.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: kernels.path).sorted()
        let images = try names.map { try Data(contentsOf: kernels.appendingPathComponent($0)) }
        #expect(names.count > 5)
        for (index, (name, image)) in zip(names, images).enumerated() {
            // Cut off, empty, another program's, a byte that is another.
            let damaged = [image.prefix(image.count / 2), Data(), images[(index + 1) % images.count], image][index % 4]
            var bytes = Data(damaged)
            if index % 4 == 3 { bytes[bytes.count / 2] ^= 1 }
            try bytes.write(to: kernels.appendingPathComponent(name))
        }
        #expect(try run("second", cache.path) == expected)
        // Nowhere to keep any.
        #expect(try run("third", "/proc/nowhere") == expected)
    }
}
