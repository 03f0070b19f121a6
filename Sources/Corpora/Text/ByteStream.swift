import CLzma
import CZlib
import Digests
import Foundation

/// Bytes of a file as they are, or decompressed.
protocol ByteStream: AnyObject {
    /// Bytes read from the disk so far.
    var bytesRead: Int { get }
    /// Appends some bytes to `buffer` and says how many; 0 at the end.
    func read(into buffer: inout [UInt8]) throws -> Int
}

private let pieceSize = 1 << 18

final class PlainStream: ByteStream {
    private let url: URL
    private let file: FileHandle
    private(set) var bytesRead = 0

    init(_ url: URL) throws {
        self.url = url
        guard let file = FileHandle(forReadingAtPath: url.path) else { throw CorpusError(url, "cannot be read") }
        self.file = file
    }

    func read(into buffer: inout [UInt8]) throws -> Int {
        let piece: Data?
        do { piece = try file.read(upToCount: pieceSize) } catch { throw CorpusError(url, "cannot be read") }
        guard let piece else { return 0 }
        buffer.append(contentsOf: piece)
        bytesRead += piece.count
        return piece.count
    }
}

final class GzipStream: ByteStream {
    private let url: URL
    private let file: gzFile

    init(_ url: URL) throws {
        self.url = url
        guard let file = gzopen(url.path, "rb") else { throw CorpusError(url, "cannot be read") }
        self.file = file
    }

    deinit { gzclose(file) }

    var bytesRead: Int { max(0, gzoffset(file)) }

    func read(into buffer: inout [UInt8]) throws -> Int {
        let piece = [UInt8](unsafeUninitializedCapacity: pieceSize) { piece, count in
            count = max(0, Int(gzread(file, piece.baseAddress, UInt32(pieceSize))))
        }
        if piece.isEmpty {
            // At a proper end of file no error is set; a truncated file ends with one.
            var code: Int32 = 0
            _ = gzerror(file, &code)
            guard code == Z_OK || code == Z_STREAM_END else { throw CorpusError(url, "truncated or damaged gzip data") }
        }
        buffer.append(contentsOf: piece)
        return piece.count
    }
}

final class XZStream: ByteStream {
    private let url: URL
    private let file: PlainStream
    /// Bytes that the decoder may take. `xz -9` wants 65 MB; a forged header may ask for 4 GB.
    private static let memoryLimit: UInt64 = 1 << 30
    private var stream = lzma_stream()
    private var input: [UInt8] = []
    private var isFinished = false

    init(_ url: URL) throws {
        self.url = url
        file = try PlainStream(url)
        // 0x08: concatenated streams, as `xz` writes them when files are joined.
        guard lzma_stream_decoder(&stream, Self.memoryLimit, 0x08) == LZMA_OK else {
            throw CorpusError(url, "the xz decoder cannot start")
        }
    }

    deinit { lzma_end(&stream) }

    var bytesRead: Int { file.bytesRead }

    func read(into buffer: inout [UInt8]) throws -> Int {
        while !isFinished {
            var action = LZMA_RUN
            if stream.avail_in == 0 {
                input.removeAll(keepingCapacity: true)
                let isFirst = file.bytesRead == 0
                if try file.read(into: &input) == 0 { action = LZMA_FINISH }
                guard !isFirst || !LargeFilePointer.isOne(input) else {
                    throw CorpusError(url, LargeFilePointer.problem)
                }
            }
            let offset = input.count - stream.avail_in
            let fresh = stream.avail_in == 0 ? 0 : offset
            var code = LZMA_OK
            let output = [UInt8](unsafeUninitializedCapacity: pieceSize) { output, count in
                input.withUnsafeBufferPointer { bytes in
                    stream.next_in = bytes.baseAddress.map { $0 + fresh }
                    stream.avail_in = bytes.count - fresh
                    stream.next_out = output.baseAddress
                    stream.avail_out = pieceSize
                    code = lzma_code(&stream, action)
                    count = pieceSize - stream.avail_out
                }
            }
            guard code != LZMA_MEMLIMIT_ERROR else {
                throw CorpusError(
                    url,
                    "wants \(lzma_memusage(&stream) >> 20) MB of memory to unpack; wanted at most \(Self.memoryLimit >> 20)"
                )
            }
            guard code == LZMA_OK || code == LZMA_STREAM_END else {
                throw CorpusError(url, "truncated or damaged xz data")
            }
            isFinished = code == LZMA_STREAM_END
            if !output.isEmpty {
                buffer.append(contentsOf: output)
                return output.count
            }
        }
        return 0
    }
}
