import Digests
import Foundation

/// The tokens of one text file, mapped into memory: `NAME.tokens` (u16 or u32 ids), `NAME.lengths` (u32 tokens of every
/// paragraph, the top bit set where a document begins) and `NAME.json`, which is written last and makes it complete.
struct TokenShard: Sendable {
    /// What `NAME.json` says: from what the shard was made, and what must be in it.
    struct Manifest: Codable, Equatable {
        var format = 1
        let source: String
        let sourceBytes: Int
        let sourceModified: Double
        /// Of some of its blocks: a file may change without its size or its time.
        let sourceDigest: String
        let tokenizer: String
        var tokens = 0
        var paragraphs = 0
        var documents = 0
        var tokensDigest = ""
        var lengthsDigest = ""
    }

    let manifest: Manifest
    let tokens: Data
    let lengths: Data
    let wide: Bool

    static let documentBit: UInt32 = 1 << 31

    /// Opens a complete shard of a vocabulary of `vocabularySize` ids and checks sizes, digests and ids.
    ///
    /// - Throws: `CorpusError` where a file is missing, differs from its manifest, or has an id that indexes no embedding.
    init(_ name: URL, wide: Bool, vocabularySize: Int) throws {
        self.wide = wide
        guard let manifest = Self.manifest(name) else { throw CorpusError(Self.json(name), "missing or damaged") }
        self.manifest = manifest
        tokens = try Self.map(Self.tokens(name), digest: manifest.tokensDigest)
        lengths = try Self.map(Self.lengths(name), digest: manifest.lengthsDigest)
        let (total, documents, isWhole) = lengths.withUnsafeBytes { bytes in
            let lengths = bytes.bindMemory(to: UInt32.self)
            return (
                lengths.reduce(0) { $0 + Int($1 & ~Self.documentBit) }, lengths.count { $0 & Self.documentBit != 0 },
                // No paragraph without a token, and none in front of all documents.
                lengths.first ?? Self.documentBit >= Self.documentBit
                    && lengths.allSatisfy { $0 & ~Self.documentBit > 0 } && lengths.count == manifest.paragraphs
            )
        }
        let largest = tokens.withUnsafeBytes { bytes in
            wide
                ? bytes.bindMemory(to: UInt32.self).max().map(Int.init)
                : bytes.bindMemory(to: UInt16.self).max().map(Int.init)
        }
        guard isWhole, documents == manifest.documents, total * (wide ? 4 : 2) == tokens.count,
            manifest.tokens == total, largest ?? 0 < vocabularySize
        else {
            throw CorpusError(Self.tokens(name), "damaged; delete its folder to tokenize again")
        }
    }

    static func manifest(_ name: URL) -> Manifest? {
        (try? Data(contentsOf: json(name))).flatMap { try? JSONDecoder().decode(Manifest.self, from: $0) }
    }

    static func json(_ name: URL) -> URL { name.appendingPathExtension("json") }
    static func tokens(_ name: URL) -> URL { name.appendingPathExtension("tokens") }
    static func lengths(_ name: URL) -> URL { name.appendingPathExtension("lengths") }

    /// Copies ids of `range`, counted from the beginning of the shard, behind `ids`.
    func append(_ range: Range<Int>, to ids: inout [Int32]) {
        tokens.withUnsafeBytes { bytes in
            if wide {
                ids.append(contentsOf: bytes.bindMemory(to: UInt32.self)[range].lazy.map { Int32(bitPattern: $0) })
            } else {
                ids.append(contentsOf: bytes.bindMemory(to: UInt16.self)[range].lazy.map { Int32($0) })
            }
        }
    }

    /// Of what is smaller the bytes are in memory: a process has 65,530 maps, and a text may have as many files.
    private static let leastMapped = 1 << 16

    private static func map(_ url: URL, digest: String) throws -> Data {
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw CorpusError(url, "missing; delete its folder to tokenize again")
        }
        let isLarge = TextFiles.size(url) >= leastMapped
        guard let data = try? Data(contentsOf: url, options: isLarge ? .alwaysMapped : []) else {
            throw CorpusError(url, "cannot be read, or mapped into memory: \(String(cString: strerror(errno)))")
        }
        guard SHA256.hexadecimal(of: data) == digest else {
            throw CorpusError(url, "damaged; delete its folder to tokenize again")
        }
        return data
    }
}
