import Corpora
import Digests
import Foundation
import Testing

@Suite struct TokenizedCorpusTests {
    private struct Stop: Error {}

    private func shards(_ folder: URL) throws -> [String: Data] {
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        let wanted = files.filter { $0.hasSuffix(".tokens") || $0.hasSuffix(".lengths") }
        return try Dictionary(
            uniqueKeysWithValues: wanted.map { ($0, try Data(contentsOf: folder.appendingPathComponent($0))) })
    }

    @Test func documentsAndParagraphsAreCounted() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized("a b\nc\n\n \t\n\nd\n", in: folder)
        #expect(corpus.documentCount == 2 && corpus.paragraphCount == 3 && corpus.tokenCount == 5)
    }

    /// A line beyond what is encoded at once is several paragraphs of its document, cut at spaces, and loses nothing.
    @Test func aVeryLongLineIsSeveralParagraphs() throws {
        let folder = try TemporaryFolder()
        let line = String(repeating: "word and word ", count: 20_000)
        let corpus = try tokenized("first\n\(line)\nlast\n\n\(line)\n", in: folder)
        let parts = (line.utf8.count + 65_535) / 65_536
        #expect(corpus.documentCount == 2 && corpus.paragraphCount == 2 + 2 * parts)
        #expect(corpus.tokenCount == 9 + 2 * line.utf8.count)
        // Without a space to cut at, whole characters.
        let other = try TemporaryFolder()
        let kana = try tokenized(String(repeating: "あ", count: 50_000) + "\n", in: other)
        #expect(kana.paragraphCount == 3 && kana.tokenCount == 150_000)
    }

    /// Also of names as long as a file system takes, and of those with a line feed.
    @Test(arguments: [String(repeating: "書", count: 83) + ".txt", "a\nb.txt"]) func namesMayBeOdd(name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("one two\nthree\n", to: name)
        let text = try TextFiles([folder.url.path])
        #expect(try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache")).tokenCount == 12)
    }

    /// Tokens are the text.
    @Test(arguments: [0o600, 0o640, 0o444, 0o777])
    func whoMayNotReadTheTextMayNotReadItsTokens(text: Int) throws {
        let folder = try TemporaryFolder()
        try folder.write("one two\n", to: "text.txt")
        try FileManager.default.setAttributes([.posixPermissions: text], ofItemAtPath: folder.file("text.txt").path)
        let files = try TextFiles([folder.file("text.txt").path])
        _ = try TokenizedCorpus(files, ByteTokenizer(), cache: folder.file("cache"))
        let written = FileManager.default.enumerator(at: folder.file("cache"), includingPropertiesForKeys: nil)
        let shards = written?.compactMap { $0 as? URL }.filter { $0.lastPathComponent.hasPrefix("text") } ?? []
        #expect(shards.count == 3)
        for file in shards {
            let facts = try FileManager.default.attributesOfItem(atPath: file.path)
            let mode = try #require(facts[.posixPermissions] as? NSNumber).intValue
            #expect(mode & 0o700 == 0o600 && mode & 0o077 & ~(text & 0o666) == 0, "\(file.lastPathComponent)")
        }
    }

    @Test func openingAgainTokenizesNothing() throws {
        let folder = try TemporaryFolder()
        _ = try tokenized(sampleText(documents: 5), in: folder)
        let text = try TextFiles([folder.file("text.txt").path])
        _ = try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache")) { _ in throw Stop() }
    }

    @Test func changedTextOrVocabularyIsTokenizedAgain() throws {
        let folder = try TemporaryFolder()
        let before = try tokenized("one two\nthree\n", in: folder).tokenCount
        let after = try tokenized("one two\nthree four\n", in: folder).tokenCount
        #expect(after == before + 5)
        let text = try TextFiles([folder.file("text.txt").path])
        var other = ByteTokenizer()
        other.fingerprint = String(repeating: "c", count: 64)
        #expect(throws: Stop.self) {
            _ = try TokenizedCorpus(text, other, cache: folder.file("cache")) { _ in throw Stop() }
        }
    }

    /// As `rsync` and `touch -r` leave a file.
    @Test func changedTextOfTheSameSizeAndTimeIsTokenizedAgain() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("text.txt")
        let before = try tokenized("one two\nthree\n", in: folder)
        let time = try #require(FileManager.default.attributesOfItem(atPath: url.path)[.modificationDate])
        try Data("one two\n\nfive\n".utf8).write(to: url)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: url.path)
        let text = try TextFiles([url.path])
        let after = try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache"))
        #expect(before.documentCount == 1 && after.documentCount == 2)
    }

    /// Ids index embeddings: a cache of a larger vocabulary under the same name must not reach them.
    @Test func idsBeyondTheVocabularyAreDamage() throws {
        let folder = try TemporaryFolder()
        _ = try tokenized("one two\n", in: folder)
        let text = try TextFiles([folder.file("text.txt").path])
        var other = ByteTokenizer()
        other.vocabularySize = 100
        let error = #expect(throws: CorpusError.self) {
            _ = try TokenizedCorpus(text, other, cache: folder.file("cache"))
        }
        #expect(error?.description.hasSuffix(".tokens: damaged; delete its folder to tokenize again") == true)
    }

    @Test func aLinkedFolderAndLinkedFilesAreWhatTheyPointTo() throws {
        let folder = try TemporaryFolder()
        let real = folder.file("real")
        try FileManager.default.createDirectory(at: real, withIntermediateDirectories: true)
        try Data("some text\n".utf8).write(to: folder.file("blob"))
        try FileManager.default.createSymbolicLink(
            at: real.appendingPathComponent("a.txt"), withDestinationURL: folder.file("blob"))
        try FileManager.default.createSymbolicLink(at: folder.file("link"), withDestinationURL: real)
        let text = try TextFiles([folder.file("link").path])
        #expect(text.urls.count == 1 && text.bytes == 10)
        let first = try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache")).tokenCount
        try Data("some other text\n".utf8).write(to: folder.file("blob"))
        #expect(try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache")).tokenCount == first + 6)
    }

    @Test func aBuildThatWasStoppedGoesOnToTheSameBytes() throws {
        let stopped = try TemporaryFolder()
        let straight = try TemporaryFolder()
        var paths: [[String]] = []
        for folder in [stopped.url, straight.url] {
            paths.append(
                try (0..<3).map { index in
                    let url = folder.appendingPathComponent("\(index).txt")
                    try Data(sampleText(documents: 900 + index).utf8).write(to: url)
                    return url.path
                })
        }
        var blocks = 0
        #expect(throws: Stop.self) {
            _ = try TokenizedCorpus(TextFiles(paths[0]), ByteTokenizer(), cache: stopped.file("cache")) { _ in
                blocks += 1
                if blocks == 4 { throw Stop() }
            }
        }
        let again = try TokenizedCorpus(TextFiles(paths[0]), ByteTokenizer(), cache: stopped.file("cache"))
        let whole = try TokenizedCorpus(TextFiles(paths[1]), ByteTokenizer(), cache: straight.file("cache"))
        #expect(again.tokenCount == whole.tokenCount)
        // The names hold a digest of the path; the bytes are compared in order.
        let bytes = try [stopped.file("cache"), straight.file("cache")].map { folder in
            try shards(folder).sorted {
                $0.key.split(separator: "/").last ?? "" < $1.key.split(separator: "/").last ?? ""
            }.map(\.value)
        }
        #expect(bytes[0] == bytes[1] && bytes[0].count == 6)
    }

    @Test func onlyAWriterWaitsForAnother() throws {
        let folder = try TemporaryFolder()
        _ = try tokenized(sampleText(documents: 5), in: folder)
        let cache = folder.file("cache/bbbbbbbbbbbbbbbb")
        let descriptor = open(cache.appendingPathComponent("lock").path, O_RDWR)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        let text = try TextFiles([folder.file("text.txt").path])
        _ = try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache"))
        let found = message(in: folder.url) { _ = try tokenized(sampleText(documents: 6), in: folder) }
        #expect(found == "cache/bbbbbbbbbbbbbbbb: another process is tokenizing into it; wait for it")
    }

    @Test func aFlippedBitIsFound() throws {
        let folder = try TemporaryFolder()
        _ = try tokenized(sampleText(documents: 5), in: folder)
        let cache = folder.file("cache/bbbbbbbbbbbbbbbb")
        let names = try FileManager.default.contentsOfDirectory(atPath: cache.path)
        let name = try #require(names.first { $0.hasSuffix(".tokens") })
        var data = try Data(contentsOf: cache.appendingPathComponent(name))
        data[3] ^= 1
        try data.write(to: cache.appendingPathComponent(name))
        let text = try TextFiles([folder.file("text.txt").path])
        let found = message(in: cache) { _ = try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache")) }
        #expect(found == "\(name): damaged; delete its folder to tokenize again")
    }

    /// Lengths that sum up to what is there, with the digest of their own: what indexes documents relies on more.
    @Test(arguments: [[0, 9], [9, 0], [9], [4, 5, 0]]) func lengthsThatNoTextHasAreDamage(lengths: [UInt32]) throws {
        let folder = try TemporaryFolder()
        // Two documents of a paragraph each.
        _ = try tokenized("abcd\n\nefghi\n", in: folder)
        let cache = folder.file("cache/bbbbbbbbbbbbbbbb")
        let names = try FileManager.default.contentsOfDirectory(atPath: cache.path)
        let name = try #require(names.first { $0.hasSuffix(".lengths") })
        let (file, json) = (cache.appendingPathComponent(name), name.replacing(".lengths", with: ".json"))
        let manifest = try String(contentsOf: cache.appendingPathComponent(json), encoding: .utf8)
        let before = try SHA256.hexadecimal(of: Data(contentsOf: file))
        let data = lengths.map { ($0 | 1 << 31).littleEndian }.withUnsafeBytes { Data($0) }
        try data.write(to: file)
        #expect(manifest.contains(before))
        try Data(manifest.replacing(before, with: SHA256.hexadecimal(of: data)).utf8).write(
            to: cache.appendingPathComponent(json))
        let text = try TextFiles([folder.file("text.txt").path])
        let found = message(in: cache) { _ = try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache")) }
        #expect(
            found == "\(name.replacing(".lengths", with: ".tokens")): damaged; delete its folder to tokenize again")
    }

    @Test func anEmptyCorpusIsRefused() throws {
        let folder = try TemporaryFolder()
        let found = message(in: folder.url) { _ = try tokenized("\n\n\n", in: folder) }
        #expect(found == "text.txt: the corpus is empty")
    }
}
