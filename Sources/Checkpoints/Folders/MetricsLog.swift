import Foundation

/// `metrics.jsonl`: one JSON object a line, appended and flushed as it happens.
public final class MetricsLog {
    private let file: OutputFile
    private let encoder = JSONEncoder()

    /// Opens the log for appending. What was logged after `step`, when the run last stopped, is cut off, and so is a
    /// line that was never finished: the run is about to write those again.
    ///
    /// - Parameters:
    ///   - step: the last that is told of; `.max` where not every step is.
    ///   - damaged: hears of every other line that is none, which is left out, and of an end before `step`.
    /// - Throws: `CheckpointError` where the file cannot be opened, or cut.
    public init(_ url: URL, truncatingAfterStep step: Int, damaged: (CheckpointError) -> Void) throws {
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try OutputFile(url, appends: true)
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "cannot be read") }
        var (kept, last) = (Data(), 0)
        for (number, line) in Self.lines(of: data).enumerated() {
            guard let parsed = LogLine(line) else {
                damaged(CheckpointError(url, "line \(number + 1) is damaged, and left out"))
                continue
            }
            guard parsed.step <= step else { continue }
            kept += line + [UInt8(ascii: "\n")]
            last = parsed.step
        }
        if last < step, step < .max {
            damaged(CheckpointError(url, "ends at step \(last), before step \(step); what it told between is lost"))
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
    ///
    /// - Throws: `CheckpointError` where the disk does not take it.
    public func sync() throws { try file.sync() }

    /// The logged values of one kind, in order, but for a line that a killed run never finished.
    ///
    /// - Parameter step: those of later steps alone; nothing before is read.
    /// - Throws: `CheckpointError` where there is no log, or a value is damaged.
    public static func values<Value: Decodable>(
        _: Value.Type, kind: String, in url: URL, after step: Int = -1
    ) throws -> [Value] {
        guard let data = try? Data(contentsOf: url) else { throw CheckpointError(url, "no such log") }
        let decoder = JSONDecoder()
        var values: [Value] = []
        for (number, line) in lines(of: data).enumerated().reversed() where !isOfAnotherKind(line, than: kind) {
            let damage = CheckpointError(url, "damaged: line \(number + 1) is no \(kind)")
            guard let parsed = LogLine(line) else { throw damage }
            guard parsed.step > step else { break }
            guard parsed.kind == kind else { continue }
            do { values.append(try decoder.decode(Value.self, from: line)) } catch { throw damage }
        }
        return values.reversed()
    }

    /// The last step that the log at `url` tells of, whatever is damaged in it; 0 where there is none.
    public static func lastStep(in url: URL) -> Int {
        let data = (try? Data(contentsOf: url)) ?? Data()
        return lines(of: data).reversed().lazy.compactMap(LogLine.init).first { $0.kind == "step" }?.step ?? 0
    }

    /// By bytes alone: a long log has hundreds of thousands of steps, and decoding them all takes seconds.
    private static func isOfAnotherKind(_ line: Data, than kind: String) -> Bool {
        line.first == UInt8(ascii: "{") && line.last == UInt8(ascii: "}")
            && line.range(of: Data(#""kind":""#.utf8)) != nil && line.range(of: Data(#""kind":"\#(kind)""#.utf8)) == nil
    }

    /// What of the run in `folder` its log does not tell, the first of all: a line that is damaged, or an end before the newest
    /// checkpoint, which a run never saves before its log; nil where the log is whole.
    ///
    /// - Parameter hear: of every event and its line.
    public static func problem(
        in folder: URL, hear: (LogLine, UnsafeRawBufferPointer) -> Void = { _, _ in }
    ) -> CheckpointError? {
        // Before the log, to which a run that goes on appends.
        let saved = RunFolder.newestStep(in: folder)
        let url = folder.appendingPathComponent(RunFolder.logName)
        guard let handle = opened(url) else { return CheckpointError(url, "no such log") }
        defer { try? handle.close() }
        var (last, number, damaged) = (0, 0, Int?.none)
        _ = read(handle, from: 0) { bytes in
            number += 1
            guard let line = LogLine(bytes) else { return damaged = damaged ?? number }
            last = line.step
            hear(line, bytes)
        }
        if let damaged { return CheckpointError(url, "damaged: line \(damaged) is no event of a run") }
        guard let saved, last < saved else { return nil }
        return CheckpointError(url, "damaged: it ends at step \(last), but the run was saved at step \(saved)")
    }

    /// Whether the last whole line of the log at `url` is of this kind.
    public static func ends(_ url: URL, with kind: String) -> Bool {
        guard let file = opened(url) else { return false }
        defer { try? file.close() }
        guard let size = try? file.seekToEnd() else { return false }
        var length: UInt64 = 1 << 14
        // Of a long log no more than it takes, for it is asked every second.
        while true {
            guard (try? file.seek(toOffset: size - min(size, length))) != nil, let data = try? file.readToEnd() else {
                return false
            }
            let end = data.dropLast().lastIndex(of: UInt8(ascii: "\n"))
            if let end { return LogLine(Data(data[(end + 1)...]))?.kind == kind }
            guard length < size else { return LogLine(data)?.kind == kind }
            length *= 16
        }
    }

    /// The log at `url`; nil where none can be read. Nothing waits for a pipe of that name to be written.
    public static func opened(_ url: URL) -> FileHandle? {
        let descriptor = open(url.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? file : nil
    }

    /// Hands over the lines that end behind `offset`, with never more than a piece of the file in memory.
    ///
    /// - Returns: the offset of the first line that does not end.
    public static func read(
        _ file: FileHandle, from offset: UInt64, _ hear: (UnsafeRawBufferPointer) -> Void
    ) -> UInt64 {
        guard (try? file.seek(toOffset: offset)) != nil else { return offset }
        var (offset, rest) = (offset, Data())
        while let piece = try? file.read(upToCount: 1 << 22), !piece.isEmpty {
            let known = rest.count
            rest += piece
            let read = rest.withUnsafeBytes { bytes in
                guard let first = bytes.baseAddress else { return 0 }
                var (start, place) = (0, known)
                while let end = memchr(first + place, 10, bytes.count - place) {
                    let end = first.distance(to: end)
                    hear(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                    (start, place) = (end + 1, end + 1)
                }
                return start
            }
            rest = Data(rest.dropFirst(read))
            offset += UInt64(read)
        }
        return offset
    }

    /// The lines that end; the rest is one that a run has not finished, or never did.
    public static func lines(of data: Data) -> [Data] {
        // `Data` itself is ten times slower to split.
        data.withUnsafeBytes { bytes in
            bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { Data($0) }
        }
    }
}
