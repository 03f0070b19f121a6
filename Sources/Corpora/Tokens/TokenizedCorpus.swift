import Digests
import Foundation
import Tokenization

/// A text tokenized once into a set of memory-mapped shards, one a file.
public struct TokenizedCorpus: Sendable {
    private let shards: [TokenShard]
    /// The first token of every shard, and behind the last.
    private let shardStarts: [Int]
    /// The first token of every paragraph, and behind the last.
    let paragraphStarts: [Int]
    /// The first paragraph of every document, and behind the last.
    let documentStarts: [Int]

    public var tokenCount: Int { paragraphStarts[paragraphCount] }
    public var paragraphCount: Int { paragraphStarts.count - 1 }
    public var documentCount: Int { documentStarts.count - 1 }

    /// How far the tokenization is.
    public struct Progress: Sendable {
        public let bytes: Int
        public let totalBytes: Int
        public let tokens: Int
    }

    /// Opens the tokens of `text` in a folder below `cache`, tokenizing what is not there yet: a file that is new, that
    /// changed, or that another vocabulary tokenized. Interrupted, it continues with the first unfinished file.
    ///
    /// - Parameter progress: hears of every block, and may throw to stop.
    /// - Throws: `CorpusError` where a text is unreadable or not UTF-8, a shard is damaged, another process is writing,
    ///   or there is no token at all.
    public init(
        _ text: TextFiles, _ tokenizer: any Tokenizer, cache: URL, progress: (Progress) throws -> Void = { _ in }
    ) throws {
        let folder = cache.appendingPathComponent(String(tokenizer.fingerprint.prefix(16)), isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch { throw CorpusError(folder, "cannot be created") }
        // Runs that only read do not stand in each other's way.
        let isWhole = try text.urls.allSatisfy { source in
            let name = folder.appendingPathComponent(Self.shardName(source))
            return try Self.isCurrent(TokenShard.manifest(name), Self.manifest(of: source, tokenizer))
        }
        let lock = isWhole ? nil : try CacheLock(folder)
        defer { lock?.release() }
        let wide = tokenizer.vocabularySize > 1 << 16
        let writer = ShardWriter(tokenizer: tokenizer, wide: wide)
        let totalBytes = text.bytes
        var (doneBytes, doneTokens) = (0, 0)
        shards = try text.urls.map { source in
            let name = folder.appendingPathComponent(Self.shardName(source))
            let wanted = try Self.manifest(of: source, tokenizer)
            if !Self.isCurrent(TokenShard.manifest(name), wanted) {
                try? FileManager.default.removeItem(at: TokenShard.json(name))
                try writer.write(source, to: name, wanted) { bytes, tokens in
                    try progress(
                        Progress(bytes: doneBytes + bytes, totalBytes: totalBytes, tokens: doneTokens + tokens))
                }
            }
            let shard = try TokenShard(name, wide: wide, vocabularySize: tokenizer.vocabularySize)
            doneBytes += wanted.sourceBytes
            doneTokens += shard.manifest.tokens
            return shard
        }
        guard doneTokens > 0 else {
            throw CorpusError(text.urls.map(\.relativePath).joined(separator: ", "), "the corpus is empty")
        }
        (shardStarts, paragraphStarts, documentStarts) = Self.index(shards)
    }

    /// The ids of `range`, which lies inside one document.
    func ids(_ range: Range<Int>) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(range.count + 3)
        append(range, to: &ids)
        return ids
    }

    func append(_ range: Range<Int>, to ids: inout [Int32]) {
        let shard = shardStarts.partition { $0 > range.lowerBound } - 1
        let start = shardStarts[shard]
        shards[shard].append(range.lowerBound - start..<range.upperBound - start, to: &ids)
    }

    /// The tokens of `document`.
    func tokens(ofParagraphs range: Range<Int>) -> Range<Int> {
        paragraphStarts[range.lowerBound]..<paragraphStarts[range.upperBound]
    }

    private static func index(_ shards: [TokenShard]) -> (shards: [Int], paragraphs: [Int], documents: [Int]) {
        var (shardStarts, paragraphStarts, documentStarts): ([Int], [Int], [Int]) = ([0], [0], [])
        for shard in shards {
            shard.lengths.withUnsafeBytes { bytes in
                for length in bytes.bindMemory(to: UInt32.self) {
                    if length & TokenShard.documentBit != 0 { documentStarts.append(paragraphStarts.count - 1) }
                    let end = paragraphStarts[paragraphStarts.count - 1] + Int(length & ~TokenShard.documentBit)
                    paragraphStarts.append(end)
                }
            }
            shardStarts.append(paragraphStarts[paragraphStarts.count - 1])
        }
        documentStarts.append(paragraphStarts.count - 1)
        return (shardStarts, paragraphStarts, documentStarts)
    }

    /// A name that tells files of equal names in different folders apart.
    private static func shardName(_ source: URL) -> String {
        let digest = SHA256.hexadecimal(of: Data(source.standardizedFileURL.path.utf8)).prefix(8)
        return "\(source.lastPathComponent)-\(digest)"
    }

    private static func manifest(of source: URL, _ tokenizer: any Tokenizer) throws -> TokenShard.Manifest {
        guard
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: source.resolvingSymlinksInPath().path)
        else {
            throw CorpusError(source, "cannot be read")
        }
        return TokenShard.Manifest(
            source: source.standardizedFileURL.path, sourceBytes: (attributes[.size] as? NSNumber)?.intValue ?? 0,
            sourceModified: (attributes[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0,
            sourceDigest: try digest(ofBlocksOf: source),
            tokenizer: tokenizer.fingerprint)
    }

    /// SHA-256 of 16 blocks of 64 kB from the beginning to the end, of a short file all of it.
    private static func digest(ofBlocksOf source: URL) throws -> String {
        let digest = SHA256()
        do {
            let file = try FileHandle(forReadingFrom: source)
            defer { try? file.close() }
            let (count, blocks) = (1 << 16, 16)
            let last = max(0, Int(try file.seekToEnd()) - count)
            for block in 0..<blocks {
                try file.seek(toOffset: UInt64(min(last, max(last * block / (blocks - 1), 0))))
                try file.read(upToCount: count)?.withUnsafeBytes { digest.update($0) }
            }
        } catch { throw CorpusError(source, "cannot be read") }
        return digest.hexadecimal()
    }

    private static func isCurrent(_ manifest: TokenShard.Manifest?, _ wanted: TokenShard.Manifest) -> Bool {
        guard let manifest else { return false }
        return manifest.format == wanted.format && manifest.sourceBytes == wanted.sourceBytes
            && manifest.sourceModified == wanted.sourceModified && manifest.sourceDigest == wanted.sourceDigest
            && manifest.tokenizer == wanted.tokenizer
    }
}
