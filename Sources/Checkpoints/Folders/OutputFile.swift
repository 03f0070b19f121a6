import Foundation

/// A new file that is written front to back and synced before it is closed.
final class OutputFile {
    private let url: URL
    private var descriptor: Int32

    init(_ url: URL) throws {
        self.url = url
        descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        guard descriptor >= 0 else { throw CheckpointError.system(url, "create") }
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

    /// Syncs and closes: only now does the file count as written.
    func close() throws {
        guard fsync(descriptor) == 0 else { throw CheckpointError.system(url, "sync") }
        let code = Foundation.close(descriptor)
        descriptor = -1
        guard code == 0 else { throw CheckpointError.system(url, "close") }
    }

    /// Writes a whole small file.
    static func write(_ data: Data, to url: URL) throws {
        let file = try OutputFile(url)
        try data.withUnsafeBytes { try file.write($0) }
        try file.close()
    }
}
