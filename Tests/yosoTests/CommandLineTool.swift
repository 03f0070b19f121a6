import Foundation
import Testing

/// The program as a user runs it: in a working folder of its own, with what it printed and its exit code.
final class CommandLineTool {
    let folder: URL

    struct Result {
        let code: Int32
        let output: String
        let error: String
    }

    static let repository = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardizedFileURL

    /// - Parameter links: what of the repository the working folder has.
    init(links: [String] = ["Recipes", "Vocab"]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "yoso-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in links {
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent(name),
                withDestinationURL: Self.repository.appendingPathComponent(name))
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    @discardableResult
    func run(_ arguments: String...) throws -> Result { try run(arguments) }

    /// - Parameters:
    ///   - input: what the program reads from standard input.
    ///   - environment: changes of it; nil takes a variable away.
    @discardableResult
    func run(
        _ arguments: [String], input: String = "", executable: URL? = nil, _ environment: [String: String?] = [:]
    ) throws -> Result {
        let (process, output, error) = try start(arguments, input: input, executable: executable, environment)
        process.waitUntilExit()
        return Result(
            code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            error: try String(contentsOf: error, encoding: .utf8))
    }

    /// A line of the shell, in which `yoso` is the program.
    func shell(_ line: String) throws -> Result {
        try run(
            ["-c", "yoso() { '\(try Self.executable().path)' \"$@\"; }; \(line)"],
            executable: URL(fileURLWithPath: "/bin/sh"))
    }

    /// A running program, and the files that it writes to.
    func start(
        _ arguments: [String], input: String = "", executable: URL? = nil, _ environment: [String: String?] = [:]
    ) throws -> (Process, output: URL, error: URL) {
        let process = Process()
        if !environment.isEmpty {
            process.environment = environment.reduce(into: ProcessInfo.processInfo.environment) {
                $0[$1.key] = $1.value
            }
        }
        process.executableURL = try executable ?? Self.executable()
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let (output, error) = (file("output-\(UUID())"), file("error-\(UUID())"))
        for (url, isError) in [(output, false), (error, true)] {
            try Data().write(to: url)
            let handle = try FileHandle(forWritingTo: url)
            if isError { process.standardError = handle } else { process.standardOutput = handle }
        }
        let inputURL = file("input-\(UUID())")
        try Data(input.utf8).write(to: inputURL)
        process.standardInput = try FileHandle(forReadingFrom: inputURL)
        try process.run()
        return (process, output, error)
    }

    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }

    func write(_ text: String, to name: String) throws {
        try FileManager.default.createDirectory(
            at: file(name).deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file(name))
    }

    /// The program that the variable YOSO names, as CI does with a release build, or that beside the bundle of these tests.
    static func executable() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["YOSO"], !path.isEmpty {
            try #require(FileManager.default.isExecutableFile(atPath: path), "YOSO is \(path), which is no program")
            return URL(fileURLWithPath: path)
        }
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") }
            .map { URL(fileURLWithPath: String($0.split(separator: "=").last ?? "")) }
        let folders =
            [bundle.map { Self.folder(ofBundle: $0) }, repository.appendingPathComponent(".build/debug")].compactMap {
                $0
            }
        let found = folders.map { $0.appendingPathComponent("yoso") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
        return try #require(found, "the program yoso was not built")
    }

    private static func folder(ofBundle url: URL) -> URL {
        var folder = url
        while folder.path.contains(".xctest") { folder.deleteLastPathComponent() }
        return folder
    }

    // What small runs share.

    /// One with text, a task and a checkpoint of two steps in run/best.
    static func withPretrainedRun() throws -> CommandLineTool {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        return tool
    }

    /// Two files of text, enough for a few steps.
    func writeText() throws {
        let sentences = ["the cat sat on the mat", "a dog ran to the river", "she read a letter in the garden"]
        let documents = (0..<40).map { document in
            (0..<5).map { "\(sentences[($0 + document) % 3]) and \(sentences[(document / 3 + $0) % 3])." }
                .joined(separator: "\n")
        }
        try write(documents.joined(separator: "\n\n") + "\n", to: "text/a.txt")
    }

    /// A pretraining run of a very small encoder.
    func pretraining(steps: Int, output: String = "run", _ more: [String] = []) -> [String] {
        let settings = [
            "model.width=16", "model.intermediate=32", "examples.length=16", "batch=8 sequences",
            "budget=\(steps) steps", "checkpoints.every=5 steps", "evaluation.every=0 steps", "model.dropout=0.1",
        ]
        return ["pretrain", "Recipes/Pretraining/tiny.yaml", "--data", "text", "--output", output]
            + settings.flatMap { ["--set", $0] } + more
    }

    /// A small task in the layout of SST-2.
    func writeTask(train: String = "a fine film \t1\na dull film \t0\n", dev: String = "fine\t1\ndull\t0\n") throws {
        try write("sentence\tlabel\n" + train, to: "glue/SST-2/train.tsv")
        try write("sentence\tlabel\n" + dev, to: "glue/SST-2/dev.tsv")
    }

    func finetuning(_ more: [String] = []) -> [String] {
        [
            "finetune", "--task", "sst2", "--checkpoint", "run/best", "--data", "glue", "--output", "tuned",
            "--set", "length=16", "--set", "epochs=2",
        ] + more
    }
}
