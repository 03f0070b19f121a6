import Foundation

/// `metrics.jsonl`: one JSON object a line, appended and flushed as it happens.
public final class MetricsLog {
    private let file: OutputFile
    private let encoder = JSONEncoder()

    /// Opens the log for appending. What was logged after `step`, when the run last stopped, is cut off, and so is a
    /// line that was never finished: the run is about to write those again.
    ///
    /// - Parameter damaged: hears of every other line that is none, which is left out.
    public init(_ url: URL, truncatingAfterStep step: Int, damaged: (CheckpointError) -> Void) throws {
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try OutputFile(url, appends: true)
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "cannot be read") }
        var kept = Data()
        for (number, line) in Self.lines(of: data).enumerated() {
            guard let parsed = try? JSONDecoder().decode(Line.self, from: line) else {
                damaged(CheckpointError(url, "line \(number + 1) is damaged, and left out"))
                continue
            }
            if parsed.step <= step { kept += line + [UInt8(ascii: "\n")] }
        }
        guard kept.count != data.count else {
            self.file = file
            return
        }
        try OutputFile.replace(url, with: kept)
        self.file = try OutputFile(url, appends: true)
    }

    public func append(_ value: some Encodable) throws {
        var line = try encoder.encode(value)
        line.append(UInt8(ascii: "\n"))
        try line.withUnsafeBytes { try file.write($0) }
    }

    /// Returns when the log is on the disk, as it must be before a checkpoint that relies on it.
    public func sync() throws { try file.sync() }

    /// The logged values of one kind, in order, but for a line that a killed run never finished.
    ///
    /// - Throws: `CheckpointError` where there is no log, or a value is damaged.
    public static func values<Value: Decodable>(_: Value.Type, kind: String, in url: URL) throws -> [Value] {
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "no such log") }
        let decoder = JSONDecoder()
        return try lines(of: data).enumerated().compactMap { number, line in
            do {
                guard try decoder.decode(Line.self, from: line).kind == kind else { return nil }
                return try decoder.decode(Value.self, from: line)
            } catch { throw CheckpointError(url, "damaged: line \(number + 1) is no \(kind)") }
        }
    }

    private struct Line: Decodable {
        let step: Int
        let kind: String?
    }

    /// The lines that end; the rest is one that a killed run never finished.
    private static func lines(of data: Data) -> [Data] {
        data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { Data($0) }
    }
}
