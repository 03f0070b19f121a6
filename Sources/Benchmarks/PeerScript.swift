import Foundation

/// A Python script that does the same work as `yoso`, for timing beside it.
public enum PeerScript {
    /// Runs `script` to its end: its exit status and all that it printed, its errors left out where it is `quiet`.
    public static func run(
        _ script: String, python: String, _ arguments: [String], quiet: Bool = false
    ) throws -> (status: Int32, output: Data) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, script] + arguments
        process.standardOutput = pipe
        if quiet { process.standardError = FileHandle.nullDevice }
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
