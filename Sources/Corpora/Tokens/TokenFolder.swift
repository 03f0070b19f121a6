import Communication
import Digests
import Foundation
import Tokenization

/// The folder of the tokens of a text by one vocabulary, and the making of what it lacks.
struct TokenFolder {
    let url: URL
    let text: TextFiles
    let tokenizer: any Tokenizer
    /// The shard of every file.
    let names: [URL]

    init(_ url: URL, _ text: TextFiles, _ tokenizer: any Tokenizer) {
        (self.url, self.text, self.tokenizer) = (url, text, tokenizer)
        names = text.urls.map { Self.name(of: $0, in: url) }
    }

    /// Files by their index in the text, and what their shards are to say of them.
    private typealias Work = [Int: TokenShard.Manifest]

    var isWide: Bool { tokenizer.vocabularySize > 1 << 16 }

    /// Tokenizes the files that are new, that changed, or that another vocabulary tokenized. They are dealt out among the ranks that
    /// have this folder in common, each of which writes whole shards, as one process alone would.
    ///
    /// - Throws: `CorpusError` where the ranks have not one text, and what tokenizing throws.
    func complete(_ ranks: any Communicator, progress: (TokenizedCorpus.Progress) throws -> Void) throws {
        try checkText(ranks)
        let (work, caller, lock) = try share(ranks)
        defer { withExtendedLifetime(lock) {} }
        let writer = ShardWriter(tokenizer: tokenizer, wide: isWide)
        let totalBytes = work.values.reduce(0) { $0 + $1.sourceBytes }
        var (doneBytes, doneTokens) = (0, 0)
        for (index, called) in work.sorted(by: { $0.key < $1.key }) {
            let (source, name) = (text.urls[index], names[index])
            let own = try manifest(of: source)
            guard caller == ranks.rank || own.isOfTheSameBytes(as: called) else {
                throw CorpusError(
                    source,
                    "differs from that of rank \(caller) on \(ranks.hosts[caller]); wanted one text for all ranks")
            }
            try? FileManager.default.removeItem(at: TokenShard.json(name))
            var tokens = 0
            try writer.write(source, to: name, caller == ranks.rank ? own : called) {
                tokens = $1
                try progress(.init(bytes: doneBytes + $0, totalBytes: totalBytes, tokens: doneTokens + $1))
            }
            doneBytes += called.sourceBytes
            doneTokens += tokens
        }
        ranks.meet()
    }

    /// A name that tells files of equal names in different folders apart.
    private static func name(of source: URL, in folder: URL) -> URL {
        let digest = SHA256.hexadecimal(of: Data(source.standardizedFileURL.path.utf8)).prefix(8)
        // A file system takes names of 255 bytes, and more stands behind this one.
        let bytes = source.lastPathComponent.utf8
        let name = bytes.count > 200 ? String(decoding: bytes.prefix(200), as: UTF8.self) : source.lastPathComponent
        // Earlier programs took a compressed file of JSON lines for plain text.
        let kind = TextLines.isJSON(source.lastPathComponent) ? "-objects" : ""
        return folder.appendingPathComponent("\(name)-\(digest)\(kind)")
    }

    /// A rank that has not all files would learn from another text than the others.
    private func checkText(_ ranks: any Communicator) throws {
        guard ranks.size > 1 else { return }
        let own = text.urls.map(\.relativePath)
        let first = ranks.gather(Array(own.joined(separator: "\0").utf8))[0]
        let wanted = String(decoding: first, as: UTF8.self).split(separator: "\0").map(String.init)
        guard Set(own) != Set(wanted) else { return }
        let other = wanted.first { !own.contains($0) }.map { ($0, "no such file") }
        let (path, problem) = other ?? (own.first { !wanted.contains($0) } ?? "", "is a file")
        throw CorpusError(
            path, "\(problem), unlike for rank 0 on \(ranks.hosts[0]); wanted one text for all ranks")
    }

    /// What a rank whose folder is not complete tells the others.
    private struct Call: Codable {
        var work: Work = [:]
        /// A file of the folder: a rank that sees it has the same folder.
        var mark: String?
    }

    /// This rank's part of what is to be done, by the call of which rank, and the lock under which it is. Hosts whose folders are
    /// their own each do all of it.
    private func share(_ ranks: any Communicator) throws -> (work: Work, caller: Int, lock: CacheLock?) {
        var (own, lock): ((work: Work, caller: Int)?, CacheLock?)
        while let caller = ranks.gather([own != nil]).firstIndex(of: [false]) {
            var call = Call()
            // One looks for all: on a network file system, whoever missed a file may go on to miss it when it is there.
            if ranks.rank == caller {
                call.work = try lacking()
                if !call.work.isEmpty { lock = try CacheLock(url) }
                call.mark = lock?.mark
            }
            let told = ranks.gather(ranks.rank == caller ? Array(try JSONEncoder().encode(call)) : [])[caller]
            call = try JSONDecoder().decode(Call.self, from: Data(told))
            func hasTheFolder(_ mark: String?) throws -> Bool {
                guard let mark else { return try ranks.rank == caller || lacking().isEmpty }
                return FileManager.default.fileExists(atPath: url.appendingPathComponent(mark).path)
            }
            let isCalled = try own == nil && hasTheFolder(call.mark)
            let group = ranks.gather([isCalled]).enumerated().filter { $1 == [true] }.map(\.offset)
            guard let place = group.firstIndex(of: ranks.rank) else { continue }
            if call.mark != nil, ranks.rank != caller { lock = try CacheLock(joining: url) }
            own = (Self.deal(call.work, to: group.count)[place], caller)
        }
        return (own?.work ?? [:], own?.caller ?? 0, lock)
    }

    private func lacking() throws -> Work {
        try text.urls.enumerated().reduce(into: [:]) { work, file in
            let wanted = try manifest(of: file.element)
            guard TokenShard.manifest(names[file.offset]).map(wanted.isOfTheSameText) != true else { return }
            work[file.offset] = wanted
        }
    }

    /// The largest first, each to whoever has the fewest bytes.
    private static func deal(_ work: Work, to count: Int) -> [Work] {
        var (parts, bytes) = ([Work](repeating: [:], count: count), [Int](repeating: 0, count: count))
        for (index, manifest) in work.sorted(by: { ($1.value.sourceBytes, $0.key) < ($0.value.sourceBytes, $1.key) }) {
            let least = bytes.indices.min { (bytes[$0], $0) < (bytes[$1], $1) } ?? 0
            parts[least][index] = manifest
            bytes[least] += manifest.sourceBytes
        }
        return parts
    }

    private func manifest(of source: URL) throws -> TokenShard.Manifest {
        guard let modified = TextFiles.modified(source) else { throw CorpusError(source, "cannot be read") }
        return TokenShard.Manifest(
            source: source.standardizedFileURL.path, sourceBytes: TextFiles.size(source), sourceModified: modified,
            sourceDigest: try digest(ofBlocksOf: source), tokenizer: tokenizer.fingerprint)
    }

    /// SHA-256 of 16 blocks of 64 kB from the beginning to the end, of a short file all of it.
    private func digest(ofBlocksOf source: URL) throws -> String {
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
}

extension TokenShard.Manifest {
    fileprivate func isOfTheSameBytes(as other: Self) -> Bool {
        sourceBytes == other.sourceBytes && sourceDigest == other.sourceDigest
    }

    /// Whether it is of the same state of a file, by the same vocabulary.
    fileprivate func isOfTheSameText(as other: Self) -> Bool {
        format == other.format && isOfTheSameBytes(as: other) && sourceModified == other.sourceModified
            && tokenizer == other.tokenizer
    }
}
