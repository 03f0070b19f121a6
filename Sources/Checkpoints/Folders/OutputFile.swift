import Communication
import Foundation

/// A file that is written front to back, never through a link of its name.
public final class OutputFile {
    private let url: URL
    private var descriptor: Int32

    /// A new file in the place of an older one, or with `appends` one that goes on behind what is there.
    init(_ url: URL, appends: Bool = false) throws {
        self.url = url
        let mode = appends ? O_APPEND : O_TRUNC
        descriptor = open(url.path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | mode, 0o666)
        guard descriptor >= 0 else { throw CheckpointError.system(url, "create") }
    }

    /// A new file that no other process writes meanwhile: of several, each has it whole, one after another.
    private init(_ url: URL, inPlaceOf named: URL) throws {
        guard let descriptor = try FileLock.take(url, of: named, tries: 1000) else { throw FileLock.isTaken(named) }
        (self.url, self.descriptor) = (named, descriptor)
        guard ftruncate(descriptor, 0) == 0 else { throw CheckpointError.system(url, "write") }
        // What only some may read stays so.
        var old = stat()
        if stat(named.path, &old) == 0 { fchmod(descriptor, old.st_mode & 0o777) }
    }

    deinit { if descriptor >= 0 { _ = Foundation.close(descriptor) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var written = 0
        while written < bytes.count, let base = bytes.baseAddress {
            let count = Foundation.write(descriptor, base + written, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw CheckpointError.system(url, "write \(bytes.count) bytes") }
            written += count
        }
    }

    func sync() throws {
        guard fsync(descriptor) == 0 else { throw CheckpointError.system(url, "sync") }
    }

    /// Syncs and closes: only now does the file count as written.
    func close() throws {
        try sync()
        let code = Foundation.close(descriptor)
        descriptor = -1
        guard code == 0 else { throw CheckpointError.system(url, "close") }
    }

    /// Writes a whole small file.
    static func write(_ data: Data, to url: URL) throws { try write([data], to: url) }

    /// Writes a new file of parts behind one another.
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public static func write(_ parts: [Data], to url: URL) throws {
        let file = try OutputFile(url)
        for part in parts { try part.withUnsafeBytes { try file.write($0) } }
        try file.close()
    }

    /// Writes small files by name into an existing folder.
    ///
    /// - Throws: `CheckpointError` where one cannot be written.
    public static func write(_ files: [String: Data], to folder: URL) throws {
        for (name, data) in files.sorted(by: { $0.key < $1.key }) {
            try write(data, to: folder.appendingPathComponent(name))
        }
    }

    /// Writes a whole small file in the place of an older one, in one rename. What a killed writer leaves has the same
    /// name every time, so that the next one takes it away; Foundation's atomic writes leave a new name every time.
    ///
    /// Of several ranks the first writes.
    ///
    /// - Throws: `CheckpointError`; then the older file is intact.
    public static func replace(_ url: URL, with data: Data) throws {
        try replace(url) { file in try data.withUnsafeBytes { try file.write($0) } }
    }

    /// The same of a file that `body` writes part by part.
    public static func replace(
        _ url: URL, inParts body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        try replace(url) { file in try body(file.write) }
    }

    private static func replace(_ url: URL, _ body: (OutputFile) throws -> Void) throws {
        guard Ranks.current.isFirst else { return }
        let temporary = url.deletingLastPathComponent().appendingPathComponent(
            AtomicFolder.partialPrefix + url.lastPathComponent)
        let file = try OutputFile(temporary, inPlaceOf: url)
        do {
            try body(file)
            try file.sync()
            guard rename(temporary.path, url.path) == 0 else { throw CheckpointError.system(url, "write") }
        } catch {
            unlink(temporary.path)
            throw error
        }
        // Until here nobody else may have the name: its end is its lock's.
        withExtendedLifetime(file) {}
    }

    /// The same of a file that a user names: a link is followed, and what is no plain file, such as a pipe or a device, is written
    /// as it is.
    ///
    /// - Throws: `CheckpointError` where it cannot be written; then the old one stays.
    public static func replace(named path: String, with data: Data) throws {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        guard isPlain(url) else { return try writeAsItIs(url, data) }
        try replace(url, with: data)
    }

    /// The same of a large file whose first bytes are known last.
    ///
    /// - Parameters:
    ///   - head: their number.
    ///   - body: writes what is behind them, in order, and returns them.
    /// - Throws: what `body` throws, and `CheckpointError` where the file cannot be written; then the old one stays.
    public static func replace(
        named path: String, head: Int, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Data
    ) throws {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        guard isPlain(url) else {
            // Nothing goes back in a pipe.
            var rest = Data()
            let first = try body { rest.append(contentsOf: $0) }
            return try writeAsItIs(url, first + rest)
        }
        try replace(url) { file in
            try Data(count: head).withUnsafeBytes { try file.write($0) }
            let first = try body(file.write)
            precondition(first.count == head)
            guard lseek(file.descriptor, 0, SEEK_SET) == 0 else { throw CheckpointError.system(url, "write") }
            try first.withUnsafeBytes { try file.write($0) }
        }
    }

    /// Whether a file of this name is plain, or will be.
    private static func isPlain(_ url: URL) -> Bool {
        let type = try? FileManager.default.attributesOfItem(atPath: url.path)[.type] as? FileAttributeType
        return type.map { [.typeRegular, .typeDirectory].contains($0) } ?? true
    }

    private static func writeAsItIs(_ url: URL, _ data: Data) throws {
        guard Ranks.current.isFirst else { return }
        let file = try OutputFile(url, appends: true)
        try data.withUnsafeBytes { try file.write($0) }
    }
}
