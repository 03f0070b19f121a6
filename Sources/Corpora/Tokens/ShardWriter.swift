import Digests
import Foundation
import Tokenization

/// Tokenizes one text file into a shard. Paragraphs are encoded on all cores, a block at a time, and written in the
/// order of the text, so the shard does not depend on the number of threads.
struct ShardWriter {
    let tokenizer: any Tokenizer
    let wide: Bool

    /// Paragraphs a block.
    private static let blockCount = 2048
    /// Bytes of a paragraph. A longer line is several, cut at spaces: the library takes a hundred times a text's size to encode it.
    private static let longest = 1 << 16

    /// Writes the shard called `name` of `source`; `progress` hears bytes read and tokens written, and may throw to stop.
    func write(
        _ source: URL, to name: URL, _ manifest: TokenShard.Manifest,
        progress: (_ bytes: Int, _ tokens: Int) throws -> Void
    ) throws {
        var manifest = manifest
        let mode = Self.mode(of: source)
        var tokens = try Output(TokenShard.tokens(name), mode)
        var lengths = try Output(TokenShard.lengths(name), mode)
        let reader = try TextLines(source)
        var isNewDocument = true
        var block: [String] = []

        func flush() throws {
            let encoded = block.concurrentMap { [tokenizer] in $0.isEmpty ? [] : tokenizer.encode($0) }
            for (text, ids) in zip(block, encoded) {
                if text.isEmpty { isNewDocument = true }
                guard !ids.isEmpty else { continue }
                if wide {
                    tokens.append(ids.map { UInt32(bitPattern: $0) })
                } else {
                    tokens.append(ids.map { UInt16(truncatingIfNeeded: $0) })
                }
                lengths.append([UInt32(ids.count) | (isNewDocument ? TokenShard.documentBit : 0)])
                manifest.documents += isNewDocument ? 1 : 0
                manifest.paragraphs += 1
                manifest.tokens += ids.count
                isNewDocument = false
            }
            block.removeAll(keepingCapacity: true)
            try tokens.flush()
            try lengths.flush()
            try progress(reader.bytesRead, manifest.tokens)
        }

        while let line = try reader.next() {
            guard line.utf8.count > Self.longest else {
                block.append(line.allSatisfy(\.isWhitespace) ? "" : line)
                if block.count == Self.blockCount { try flush() }
                continue
            }
            var rest = Array(line.utf8)[...]
            while !rest.isEmpty {
                let part = rest.prefix(TextPart.length(of: rest, atMost: Self.longest))
                rest = rest.dropFirst(part.count)
                block.append(String(decoding: part, as: UTF8.self))
                // Not more of them at once than others would be.
                if block.count >= Self.blockCount / 64 { try flush() }
            }
        }
        try flush()
        manifest.tokensDigest = try tokens.close()
        manifest.lengthsDigest = try lengths.close()
        var json = try Output(TokenShard.json(name), mode)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        json.append(Array(try encoder.encode(manifest)))
        _ = try json.close()
    }

    /// Tokens are read by whoever may read the text, which they are.
    private static func mode(of source: URL) -> mode_t {
        var status = stat()
        return stat(source.path, &status) == 0 ? status.st_mode & 0o666 | 0o600 : 0o600
    }

    /// A file that is written in pieces under a temporary name, digested on the way, and renamed when it is complete.
    private struct Output {
        private let url: URL
        private let temporary: URL
        private let file: FileHandle
        private var pending = Data()
        private let digest = DigestBox()

        private final class DigestBox { var value: SHA256? = SHA256() }

        init(_ url: URL, _ mode: mode_t) throws {
            self.url = url
            temporary = url.appendingPathExtension("partial")
            // Foundation creates even an empty file under another name first, which a kill leaves.
            let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)
            guard descriptor >= 0 else {
                throw CorpusError(temporary, "cannot be created: \(String(cString: strerror(errno)))")
            }
            file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        }

        mutating func append<Element>(_ values: [Element]) {
            values.withUnsafeBytes { pending.append(contentsOf: $0) }
        }

        mutating func flush() throws {
            pending.withUnsafeBytes { digest.value?.update($0) }
            do {
                try file.write(contentsOf: pending)
            } catch {
                throw CorpusError(temporary, "cannot write \(pending.count) bytes: \(String(cString: strerror(errno)))")
            }
            pending.removeAll(keepingCapacity: true)
        }

        mutating func close() throws -> String {
            try flush()
            do {
                try file.synchronize()
                try file.close()
            } catch { throw CorpusError(temporary, "cannot be synced: \(String(cString: strerror(errno)))") }
            guard rename(temporary.path, url.path) == 0 else { throw CorpusError(url, "cannot be renamed into place") }
            return digest.value.take()?.hexadecimal() ?? ""
        }
    }
}
