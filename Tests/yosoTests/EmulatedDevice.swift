import Foundation
import Testing

/// The program on the emulated GPU that YOSO_CUDA names, in a working folder of its own.
struct EmulatedDevice {
    /// The emulator's folder; nil where there is none.
    static let folder = ProcessInfo.processInfo.environment["YOSO_CUDA"]
    static let missing: Comment = "no emulator: Tests/Cuda/Emulator/build FOLDER, YOSO_CUDA=FOLDER"

    let tool: CommandLineTool
    /// Kernels are compiled once for all tests.
    private static let environment: [String: String?] = [
        "XDG_CACHE_HOME": FileManager.default.temporaryDirectory.appendingPathComponent("yoso-emulated-kernels").path
    ]

    init() throws {
        tool = try CommandLineTool()
        try tool.writeText()
    }

    /// In the folder of `tool`.
    init(_ tool: CommandLineTool) { self.tool = tool }

    /// - Parameter environment: of the emulator, and whatever else is to be another.
    @discardableResult
    func run(
        _ arguments: [String], input: String = "", _ environment: [String: String?] = [:]
    ) throws -> CommandLineTool.Result {
        try tool.run(arguments, input: input, Self.environment.merging(environment) { $1 })
    }

    func start(
        _ arguments: [String], _ environment: [String: String?] = [:]
    ) throws -> (Process, output: URL, error: URL) {
        try tool.start(arguments, Self.environment.merging(environment) { $1 })
    }

    /// A pretraining whose heads a GPU has kernels for.
    func pretraining(
        steps: Int, output: String = "run", batch: String = "8 sequences", device: String = "cuda",
        _ more: [String] = []
    ) -> [String] {
        tool.pretraining(steps: steps, output: output)
            + ["model.width=32", "model.intermediate=64", "batch=\(batch)"].flatMap { ["--set", $0] }
            + ["--device", device] + more
    }

    /// - Parameter steps: of a run that must end well.
    func pretrain(steps: Int, output: String = "run", device: String = "cuda") throws {
        let result = try run(pretraining(steps: steps, output: output, device: device))
        #expect(result.code == 0, "\(result.error)")
    }

    func weights(_ checkpoint: String) throws -> Data {
        try Data(contentsOf: tool.file("\(checkpoint)/model.safetensors"))
    }

    /// What a command ends with that fails as it should: one line of an error.
    func error(
        _ arguments: [String], _ environment: [String: String?] = [:], _ location: SourceLocation = #_sourceLocation
    ) throws -> String {
        let result = try run(arguments, environment)
        #expect(result.code == 1, "\(result.error)", sourceLocation: location)
        let lines = result.error.split(separator: "\n")
        #expect(lines.count == 1, "\(result.error)", sourceLocation: location)
        return String(lines.last ?? "")
    }

    /// Runs the command into the folders `cpu` and `cuda`, on each by its name, and compares what every one of `count` steps logged.
    ///
    /// - Parameters:
    ///   - loss: how much of a loss may differ.
    ///   - norm: of the norm of all gradients.
    /// - Returns: what both said.
    @discardableResult
    func compareSteps(
        _ count: Int, loss: Double, norm: Double, _ location: SourceLocation = #_sourceLocation,
        _ arguments: (String) -> [String]
    ) throws -> [String] {
        struct Record: Decodable {
            let kind: String
            let loss, gradientNorm: Double?
        }
        let results = try ["cpu", "cuda"].map { name in
            let result = try run(arguments(name))
            #expect(result.code == 0, "\(result.error)", sourceLocation: location)
            let records = try String(contentsOf: tool.file("\(name)/metrics.jsonl"), encoding: .utf8)
                .split(separator: "\n").map { try JSONDecoder().decode(Record.self, from: Data($0.utf8)) }
            return (output: result.output, steps: records.filter { $0.kind == "step" })
        }
        let (expected, found) = (results[0].steps, results[1].steps)
        #expect(found.count == count && expected.count == count, sourceLocation: location)
        for (found, expected) in zip(found, expected) {
            let (wantedLoss, wantedNorm) = (try #require(expected.loss), try #require(expected.gradientNorm))
            let (foundLoss, foundNorm) = (try #require(found.loss), try #require(found.gradientNorm))
            #expect(abs(foundLoss - wantedLoss) < loss * wantedLoss, sourceLocation: location)
            #expect(abs(foundNorm - wantedNorm) < norm * wantedNorm, sourceLocation: location)
        }
        return results.map(\.output)
    }
}
