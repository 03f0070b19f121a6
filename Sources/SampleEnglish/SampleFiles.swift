import Foundation

public enum SampleFileError: Error, CustomStringConvertible, Equatable, Sendable {
    case notWritten(path: String, reason: String)

    public var description: String {
        switch self {
        case .notWritten(let path, let reason): "\(path): the sample could not be written: \(reason)"
        }
    }
}

extension SampleText {
    /// Writes documents until the file holds the given megabytes (10^6 bytes), and returns the bytes written.
    ///
    /// One paragraph a line, an empty line between documents. Throws `SampleFileError`.
    @discardableResult
    public func write(to file: URL, megabytes: Double = 2.5) throws(SampleFileError) -> Int {
        let wanted = Int(megabytes * 1e6)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(wanted + 4096)
        for document in self where !document.isEmpty {
            if bytes.count >= wanted { break }
            if !bytes.isEmpty { bytes.append(newline) }
            for paragraph in document {
                bytes.append(contentsOf: paragraph.utf8)
                bytes.append(newline)
            }
        }
        try save(bytes, to: file)
        return bytes.count
    }
}

extension SampleSentimentTask {
    /// Writes `SST-2/train.tsv`, `SST-2/dev.tsv` and `SST-2/test.tsv` into the folder, in GLUE's layout to the byte.
    ///
    /// Labelled sentences end with a space, unlabelled ones follow their index. Throws `SampleFileError`.
    public func write(to folder: URL) throws(SampleFileError) {
        let task = folder.appendingPathComponent("SST-2", isDirectory: true)
        try save(Self.labelled(train), to: task.appendingPathComponent("train.tsv"))
        try save(Self.labelled(dev), to: task.appendingPathComponent("dev.tsv"))
        try save(Self.unlabelled(test), to: task.appendingPathComponent("test.tsv"))
    }

    private static func labelled(_ rows: [Row]) -> [UInt8] {
        lines(["sentence\tlabel"] + rows.map { "\($0.sentence) \t\($0.label)" })
    }

    private static func unlabelled(_ rows: [Row]) -> [UInt8] {
        lines(["index\tsentence"] + rows.enumerated().map { "\($0.offset)\t\($0.element.sentence)" })
    }

    private static func lines(_ lines: [String]) -> [UInt8] {
        lines.flatMap { Array($0.utf8) + [newline] }
    }
}

private let newline = UInt8(ascii: "\n")

private func save(_ bytes: [UInt8], to file: URL) throws(SampleFileError) {
    do {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let descriptor = open(file.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        // Foundation's Data.write begins anew after a write that the system cut short, behind what that wrote.
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data(bytes))
        // Before it is renamed into its place: what is there counts as whole ever after.
        try handle.synchronize()
    } catch {
        throw .notWritten(path: file.path, reason: error.localizedDescription)
    }
}
