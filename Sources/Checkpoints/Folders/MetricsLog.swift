import Foundation

/// `metrics.jsonl`: one JSON object a line, appended and flushed as it happens.
public final class MetricsLog {
    private let url: URL
    private let file: FileHandle
    private let encoder = JSONEncoder()

    /// Opens the log for appending. What was logged after `step`, when the run last stopped, is cut off, and so is a
    /// line that was never finished: the run is about to write those again.
    public init(_ url: URL, truncatingAfterStep step: Int) throws {
        self.url = url
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            if let data = try? Data(contentsOf: url) {
                let kept = Self.lines(of: data, upTo: step)
                if kept.count != data.count { try OutputFile.write(kept, to: url) }
            } else {
                try OutputFile.write(Data(), to: url)
            }
            file = try FileHandle(forWritingTo: url)
            try file.seekToEnd()
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw CheckpointError(url, "cannot be opened for writing")
        }
    }

    public func append(_ value: some Encodable) throws {
        var line = try encoder.encode(value)
        line.append(UInt8(ascii: "\n"))
        do {
            try file.write(contentsOf: line)
        } catch {
            throw CheckpointError.system(url, "write \(line.count) bytes")
        }
    }

    /// The logged values of one kind, in order, but for a line that a killed run never finished.
    ///
    /// - Throws: `CheckpointError` where there is no log, or a value is damaged.
    public static func values<Value: Decodable>(_: Value.Type, kind: String, in url: URL) throws -> [Value] {
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "no such log") }
        let decoder = JSONDecoder()
        do {
            let end = data.lastIndex(of: UInt8(ascii: "\n")) ?? data.startIndex
            return try data[..<end].split(separator: UInt8(ascii: "\n")).compactMap { line in
                guard try decoder.decode(Line.self, from: Data(line)).kind == kind else { return nil }
                return try decoder.decode(Value.self, from: Data(line))
            }
        } catch { throw CheckpointError(url, "damaged: a line is no \(kind)") }
    }

    private struct Line: Decodable {
        let step: Int
        let kind: String?
    }

    private static func lines(of data: Data, upTo step: Int) -> Data {
        var kept = Data()
        for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
            guard let parsed = try? JSONDecoder().decode(Line.self, from: Data(line)), parsed.step <= step else {
                break
            }
            kept.append(line)
            kept.append(UInt8(ascii: "\n"))
        }
        return kept
    }
}
