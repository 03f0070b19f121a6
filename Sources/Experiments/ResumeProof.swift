import Checkpoints
import Digests
import Foundation
import Training

/// The proof that a killed pretraining continues to the same bits.
public struct ResumeProof {
    /// Steps before the kill, half of all.
    private let at: Int
    /// Folder of the two runs, straight and killed, which begin afresh.
    private let output: String
    /// Arguments of this program for the run in a folder.
    private let arguments: (_ folder: String) -> [String]

    public init(at: Int, output: String, arguments: @escaping (_ folder: String) -> [String]) {
        (self.at, self.output, self.arguments) = (at, output, arguments)
    }

    /// - Throws: `ResumeError` where the weights differ or a run fails, `CheckpointError` where the folder holds other things.
    public func run(_ observer: some RunObserver) throws {
        let interruption = observer.interruption()
        try RunFolder.remove(["straight", "killed"].map { URL(fileURLWithPath: "\(output)/\($0)") })
        let straight = try weights(of: "straight", interruption) { try $0.finish() }
        observer.line("straight:  \(2 * at) steps, SHA-256 \(straight)")
        let killed = try weights(of: "killed", interruption) { run in
            try run.kill(whenExists: RunFolder.checkpointName(at))
            observer.line("killed with -9 after step \(at); going on")
            try Child(arguments("\(output)/killed"), in: "\(output)/killed", interruption).finish()
        }
        observer.line("continued: \(2 * at) steps, SHA-256 \(killed)")
        try ResumeError.checkArithmetics(
            ["straight", "killed"].flatMap { name in
                try RunState(of: URL(fileURLWithPath: "\(output)/\(name)/\(RunFolder.stateName(2 * at))"), step: 2 * at)
                    .arithmetics
            })
        try ResumeError.check(straight: straight, killed: killed)
    }

    private func weights(
        of name: String, _ interruption: Interruption, _ body: (Child) throws -> Void
    ) throws -> String {
        let folder = "\(output)/\(name)"
        try body(try Child(arguments(folder), in: folder, interruption))
        return try SHA256.hexadecimal(
            ofFile: URL(fileURLWithPath: "\(folder)/\(RunFolder.checkpointName(2 * at))/\(ModelFolder.weightsName)"))
    }

}

public enum ResumeError: Error, CustomStringConvertible {
    case differs
    case machines([String])
    case ended(step: String)
    case failed(Int32)
    case stopped

    /// - Throws: `machines` where the parts of the runs were not all computed by one OpenBLAS core and kernel level: then
    ///   other bits say nothing of resuming.
    static func checkArithmetics(_ names: [String]) throws {
        guard Set(names).count == 1 else { throw ResumeError.machines(Set(names).sorted()) }
    }

    /// - Throws: `differs` where two digests of weights do.
    static func check(straight: String, killed: String) throws {
        guard straight == killed else { throw ResumeError.differs }
    }

    public var description: String {
        switch self {
        case .differs: "the weights differ: resuming changed the result"
        case .machines(let names): "the runs were computed by \(names.joined(separator: " and by ")); wanted one"
        case .ended(let step): "the run ended before it could be killed after \(step); use a larger --at"
        case .failed(let code): "the run exited with \(code)"
        case .stopped: "stopped; the same command begins afresh"
        }
    }
}

/// This program in a process of its own.
private struct Child {
    private let process = Process()
    private let folder: String
    /// What ends this program ends it too.
    private let interruption: Interruption

    init(_ arguments: [String], in folder: String, _ interruption: Interruption) throws {
        (self.folder, self.interruption) = (folder, interruption)
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    /// While the process runs and `isAwaited` is true.
    private func wait(while isAwaited: () -> Bool = { true }) throws {
        while process.isRunning, isAwaited() {
            guard !interruption.isRequested else {
                process.terminate()
                process.waitUntilExit()
                throw ResumeError.stopped
            }
            usleep(2000)
        }
    }

    func finish() throws {
        try wait()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ResumeError.failed(process.terminationStatus) }
    }

    /// Kills the process as soon as its folder has `name`, without leave to save.
    func kill(whenExists name: String) throws {
        func isThere() -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }
        try wait { !isThere() }
        let isAlive = process.isRunning && isThere()
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        if process.terminationReason == .exit, process.terminationStatus == 0 { throw ResumeError.ended(step: name) }
        // Whatever ended it before was not this.
        guard isAlive, process.terminationReason == .uncaughtSignal else {
            throw ResumeError.failed(process.terminationStatus)
        }
    }
}
