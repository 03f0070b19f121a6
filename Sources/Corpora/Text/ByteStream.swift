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
        do { piece = try file.read(upToCount: pieceSize) } catch {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
            throw CorpusError(url, isFolder.boolValue ? "is a folder; wanted a file" : "cannot be read")
        }
        guard let piece else { return 0 }
        buffer.append(contentsOf: piece)
        bytesRead += piece.count
        return piece.count
    }
}

/// Members of gzip behind one another, as `gzip` writes them when files are joined. zlib's own reading of files leaves out whatever
/// follows a member and is none.
final class GzipStream: ByteStream {
    private let url: URL
    private let file: PlainStream
    /// Where it is, which zlib remembers.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var input: [UInt8] = []
    /// Where `input` has not been read to yet.
    private var offset = 0
    private var state = State.between

    private enum State { case between, inside, plain }

    init(_ url: URL) throws {
        self.url = url
        file = try PlainStream(url)
        stream.initialize(to: z_stream())
        // 31: a window of 2^15 bytes, in gzip's frame.
        guard inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw CorpusError(url, "the gzip decoder cannot start")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    var bytesRead: Int { file.bytesRead }

    func read(into buffer: inout [UInt8]) throws -> Int {
        while true {
            if input.count - offset < 2 { try refill() }
            switch state {
            case .between:
                guard offset < input.count else { return 0 }
                try begin()
            case .plain:
                let piece = input[offset...]
                buffer.append(contentsOf: piece)
                offset = input.count
                return piece.count
            case .inside:
                guard offset < input.count else { throw damaged }
                let output = try inflate()
                guard output.isEmpty else {
                    buffer.append(contentsOf: output)
                    return output.count
                }
            }
        }
    }

    private var damaged: CorpusError { CorpusError(url, "truncated or damaged gzip data") }

    private func refill() throws {
        input.removeFirst(offset)
        offset = 0
        while input.count < 2, try file.read(into: &input) > 0 {}
    }

    /// A member, or, of a file that is none at all, its text as it is; zeros may fill up the end, as on tapes.
    private func begin() throws {
        let isMember = input[offset...].starts(with: [0x1F, 0x8B])
        if !isMember, stream.pointee.total_in == 0 {
            state = .plain
        } else if !isMember, input[offset...].allSatisfy({ $0 == 0 }) {
            offset = input.count
        } else {
            guard isMember, inflateReset(stream) == Z_OK else { throw damaged }
            state = .inside
        }
    }

    private func inflate() throws -> [UInt8] {
        var code = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: pieceSize) { output, count in
            input.withUnsafeMutableBufferPointer { bytes in
                stream.pointee.next_in = bytes.baseAddress.map { $0 + offset }
                stream.pointee.avail_in = UInt32(bytes.count - offset)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(pieceSize)
                code = CZlib.inflate(stream, Z_NO_FLUSH)
                count = pieceSize - Int(stream.pointee.avail_out)
            }
        }
        offset = input.count - Int(stream.pointee.avail_in)
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw damaged }
        if code == Z_STREAM_END { state = .between }
        return output
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
