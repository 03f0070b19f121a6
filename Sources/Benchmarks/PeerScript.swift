import Foundation

/// A Python script that does the same work as `yoso`, for timing beside it.
public struct PeerScript: Sendable {
    public let path: String
    public let python: String

    /// What stops a comparison.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameters:
    ///   - place: the script, or a folder that has it under `name`.
    ///   - python: the interpreter, a path or a name that is looked up.
    /// - Throws: `Failure` where there is no such file.
    public init(at place: String, named name: String, python: String) throws {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
        path = isFolder.boolValue ? URL(fileURLWithPath: place).appendingPathComponent(name).path : place
        self.python = python
        guard exists, FileManager.default.fileExists(atPath: path) else {
            throw Failure(description: "\(path): no such script; wanted \(name), or a folder that has it")
        }
    }

    /// Runs the script to its end, which prints a JSON object as its last line.
    ///
    /// - Parameter quiet: whether what it says besides is left out, but for the last line of a failure.
    /// - Throws: `Failure` where there is no such Python, or the script fails or prints something else.
    public func run<Answer: Decodable>(_ arguments: [String], quiet: Bool = false) throws -> Answer {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, path] + arguments
        process.standardOutput = pipe
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-peer-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: errors) }
        if quiet, FileManager.default.createFile(atPath: errors.path, contents: nil) {
            process.standardError = try FileHandle(forWritingTo: errors)
        }
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let said =
            (try? String(contentsOf: errors, encoding: .utf8))?.split(separator: "\n").last.map { ": \($0)" } ?? ""
        let status = process.terminationStatus
        guard status == 0, let line = String(decoding: output, as: UTF8.self).split(separator: "\n").last,
            let answer = try? JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        else {
            throw Failure(
                description:
                    "\(python) \(path): exit status \(status) and no JSON line; wanted status 0 and a JSON line\(said)")
        }
        return answer
    }
}
