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

    /// - Parameter environment: of the emulator, and whatever else is to be another.
    @discardableResult
    func run(
        _ arguments: [String], input: String = "", _ environment: [String: String?] = [:]
    ) throws -> CommandLineTool.Result {
        try tool.run(arguments, input: input, Self.environment.merging(environment) { $1 })
    }

    func start(_ arguments: [String]) throws -> (Process, output: URL, error: URL) {
        try tool.start(arguments, Self.environment)
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
}
