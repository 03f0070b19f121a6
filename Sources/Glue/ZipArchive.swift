import CZip
import Foundation
import Tasks

/// Zip archives of a few small files, through libzip.
enum ZipArchive {
    /// Writes `files` in this order, in the place of what is at `url`.
    ///
    /// - Throws: `TaskError` where it cannot be written; what was there stays.
    static func write(_ files: [(name: String, data: Data)], to url: URL) throws {
        var code: Int32 = 0
        guard let archive = zip_open(url.path, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
            throw TaskError(url.relativePath, "cannot be written")
        }
        // The archive reads the bytes when it is closed, so they must live until then.
        let buffers = files.map { name, data in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, data.count), alignment: 1)
            data.copyBytes(to: buffer)
            return (name: name, buffer: buffer, count: data.count)
        }
        defer { buffers.forEach { $0.buffer.deallocate() } }
        for (name, buffer, count) in buffers {
            let source = zip_source_buffer(archive, buffer.baseAddress, zip_uint64_t(count), 0)
            guard let source, zip_file_add(archive, name, source, zip_flags_t(ZIP_FL_ENC_UTF_8)) >= 0 else {
                zip_source_free(source)
                zip_discard(archive)
                throw TaskError(url.relativePath, "\(name) cannot be added")
            }
        }
        guard zip_close(archive) == 0 else {
            let problem = String(cString: zip_strerror(archive))
            zip_discard(archive)
            throw TaskError(url.relativePath, "cannot be written: \(problem)")
        }
    }

    /// Names and contents of all entries, in their order.
    ///
    /// - Throws: `TaskError` where it is no archive, damaged, or holds more than `limit` bytes.
    static func read(_ url: URL, limit: Int) throws -> [(name: String, data: Data)] {
        var code: Int32 = 0
        guard let archive = zip_open(url.path, ZIP_RDONLY | ZIP_CHECKCONS, &code) else {
            let exists = FileManager.default.fileExists(atPath: url.path)
            throw TaskError(
                url.relativePath, exists ? "not a zip archive, damaged, or with a name twice" : "no such file")
        }
        defer { zip_discard(archive) }
        let count = zip_get_num_entries(archive, 0)
        guard count <= mostEntries else {
            throw TaskError(url.relativePath, "has \(count) entries; wanted at most \(mostEntries)")
        }
        // A few bytes unpack to gigabytes, so that sizes are added up before anything is read.
        var left = limit
        let entries = try (0..<max(0, count)).map { index in
            var status = zip_stat_t()
            guard zip_stat_index(archive, zip_uint64_t(index), 0, &status) == 0, let name = status.name else {
                throw TaskError(url.relativePath, "entry \(index) is damaged")
            }
            guard status.size <= left else {
                throw TaskError(url.relativePath, "unpacks to more than \(limit >> 20) MB; wanted less")
            }
            left -= Int(status.size)
            return (index: zip_uint64_t(index), name: String(cString: name), size: Int(status.size))
        }
        return try entries.map { index, name, size in
            guard let file = zip_fopen_index(archive, index, 0) else {
                throw TaskError(url.relativePath, "\(name) is damaged")
            }
            defer { zip_fclose(file) }
            var data = Data(count: size)
            let count = data.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { zip_fread(file, $0, zip_uint64_t(bytes.count)) } ?? 0
            }
            guard count == size else { throw TaskError(url.relativePath, "\(name) is damaged") }
            return (name, data)
        }
    }

    private static let mostEntries: zip_int64_t = 1000
}
