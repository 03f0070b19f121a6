import ArgumentParser
import Checkpoints
import Console
import Digests
import Foundation
import Recipes
import Training

/// `yoso verify-resume RECIPE --at N`: proves that a killed run continues to the same bits.
struct VerifyResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run 2N steps straight, and N steps, kill -9, and on; compare the hashes of the weights.")

    @Argument(help: "A pretraining recipe.") var recipe: String
    @Option(help: "Steps before the kill.") var at: Int
    @OptionGroup var settings: Settings
    @Option(help: "Text files or folders in the place of corpus.text.") var data: String?
    @Option(help: "Folder of the two runs, straight and killed, which begin afresh.") var output =
        "Checkpoints/verify-resume"

    func validate() throws {
        guard (1...1_000_000_000).contains(at) else {
            throw ValidationError("--at \(at); wanted 1 to 1,000,000,000")
        }
    }

    func run() throws {
        _ = try PretrainingRecipe(recipe, settings.overrides)
        try ["straight", "killed"].forEach { try RunFolder.remove(URL(fileURLWithPath: "\(output)/\($0)")) }
        let straight = try weights(of: "straight") { try $0.finish() }
        Terminal.line("straight:  \(2 * at) steps, SHA-256 \(straight)")
        let killed = try weights(of: "killed") { run in
            try run.kill(whenExists: RunFolder.checkpointName(at))
            Terminal.line("killed with -9 after step \(at); going on")
            try Child(arguments(output: "\(output)/killed")).finish()
        }
        Terminal.line("continued: \(2 * at) steps, SHA-256 \(killed)")
        try ResumeError.checkArithmetics(
            ["straight", "killed"].flatMap { name in
                try RunState(of: URL(fileURLWithPath: "\(output)/\(name)/\(RunFolder.stateName(2 * at))"), step: 2 * at)
                    .arithmetics
            })
        guard straight == killed else { throw ResumeError.differs }
        Terminal.line("the weights are the same bits")
        Terminal.next("yoso pretrain \(recipe)")
    }

    private func weights(of name: String, _ body: (Child) throws -> Void) throws -> String {
        let folder = "\(output)/\(name)"
        try body(try Child(arguments(output: folder)))
        return try SHA256.hexadecimal(
            ofFile: URL(fileURLWithPath: "\(folder)/\(RunFolder.checkpointName(2 * at))/\(ModelFolder.weightsName)"))
    }

    private func arguments(output: String) -> [String] {
        ["pretrain", recipe, "--output", output] + settings.settings.flatMap { ["--set", $0] }
            + ["--set", "budget=\(2 * at) steps", "--set", "checkpoints.every=\(at) steps"]
            + (data.map { ["--data", $0] } ?? [])
    }
}

enum ResumeError: Error, CustomStringConvertible {
    case differs
    case machines([String])
    case ended(step: String)
    case failed(Int32)

    /// - Throws: `machines` where the parts of the runs were not all computed by one OpenBLAS core and kernel level: then
    ///   other bits say nothing of resuming.
    static func checkArithmetics(_ names: [String]) throws {
        guard Set(names).count == 1 else { throw ResumeError.machines(Set(names).sorted()) }
    }

    var description: String {
        switch self {
        case .differs: "the weights differ: resuming changed the result"
        case .machines(let names): "the runs were computed by \(names.joined(separator: " and by ")); wanted one"
        case .ended(let step): "the run ended before it could be killed after \(step); use a larger --at"
        case .failed(let code): "the run exited with \(code)"
        }
    }
}

/// This program in a process of its own.
private struct Child {
    private let process = Process()
    private let folder: String

    init(_ arguments: [String]) throws {
        folder = arguments[3]
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    func finish() throws {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ResumeError.failed(process.terminationStatus) }
    }

    /// Kills the process as soon as its folder has `name`, without leave to save.
    func kill(whenExists name: String) throws {
        while process.isRunning, !FileManager.default.fileExists(atPath: "\(folder)/\(name)") { usleep(2000) }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        guard process.terminationReason == .uncaughtSignal else { throw ResumeError.ended(step: name) }
    }
}
