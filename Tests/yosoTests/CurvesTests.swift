import Foundation
import Testing

/// What TensorBoard shows of runs, by its own reader.
@Suite struct CurvesTests {
    private static let python = ProcessInfo.processInfo.environment["YOSO_PYTHON"] ?? "python3"

    private static func runPython(_ arguments: [String], in folder: URL? = nil) throws -> (code: Int32, output: String)
    {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        process.currentDirectoryURL = folder
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    private static let hasReader = (try? runPython(["-c", "import tensorboard"]).code) == 0

    /// A run that was stopped, went on, and told some steps twice.
    @Test(.enabled(if: hasReader, "no tensorboard for \(python); YOSO_PYTHON names a Python that has it"))
    func tensorBoardShowsTheLog() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 8, ["--set", "evaluation.every=2 steps"])).code == 0)
        // As if it had been killed behind step 5, its newest checkpoint.
        for name in ["step-000008", "state-000008"] { try FileManager.default.removeItem(at: tool.file("run/\(name)")) }
        // The name of a file has the second in it.
        Thread.sleep(forTimeInterval: 1.1)
        let again = try tool.run(tool.pretraining(steps: 8, ["--set", "evaluation.every=2 steps"]))
        #expect(again.code == 0, "\(again.error)")
        let script = CommandLineTool.repository.appendingPathComponent("Tests/Peers/read_events.py").path
        let read = try Self.runPython([script, "run"], in: tool.folder)
        #expect(read.code == 0 && read.output.contains("run: "), "\(read.output)")
    }
}
