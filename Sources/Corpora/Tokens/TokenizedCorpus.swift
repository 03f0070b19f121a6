import Communication
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

    /// How far a rank's part of the tokenization is.
    public struct Progress: Sendable {
        public let bytes: Int
        public let totalBytes: Int
        public let tokens: Int
    }

    /// Opens the tokens of `text` in a folder below `cache`, tokenizing what is not there yet: a file that is new, that
    /// changed, or that another vocabulary tokenized. Interrupted, it continues with the first unfinished file.
    ///
    /// - Parameters:
    ///   - ranks: those that do it together: each tokenizes files of its own.
    ///   - progress: hears of every block of this rank, and may throw to stop.
    /// - Throws: `CorpusError` where a text is unreadable or not UTF-8 or not that of all ranks, a shard is damaged, another process
    ///   is writing, or there is no token at all.
    public init(
        _ text: TextFiles, _ tokenizer: any Tokenizer, cache: URL, ranks: any Communicator = Alone(),
        progress: (Progress) throws -> Void = { _ in }
    ) throws {
        let url = cache.appendingPathComponent(String(tokenizer.fingerprint.prefix(16)), isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            throw CorpusError(
                url,
                "cannot be created: \(String(cString: strerror(errno))); tokens are kept below the working folder")
        }
        let folder = TokenFolder(url, text, tokenizer)
        try folder.complete(ranks, progress: progress)
        shards = try folder.names.map {
            try TokenShard($0, wide: folder.isWide, vocabularySize: tokenizer.vocabularySize)
        }
        guard shards.contains(where: { $0.manifest.tokens > 0 }) else {
            throw CorpusError(text.urls.map(\.relativePath).joined(separator: ", "), "the corpus is empty")
        }
        (shardStarts, paragraphStarts, documentStarts) = Self.index(shards)
    }

    /// SHA-256 of all tokens, and of where paragraphs and documents end, in their order.
    public var digest: String {
        let digests = shards.map { $0.manifest.tokensDigest + $0.manifest.lengthsDigest }
        return SHA256.hexadecimal(of: Data(digests.joined().utf8))
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
}
