import Communication
import Foundation
import Testing
import Tokenization

@testable import Corpora

/// Ranks tokenize a text together to what one process makes of it.
@Suite struct RankedTokensTests {
    /// The cache of every rank: all have one, two have one and one its own, each its own.
    @Test(arguments: [["a", "a", "a"], ["a", "b", "a"], ["b", "a", "a"], ["a", "b", "c"]])
    func folderByFolderTheBytesAreThoseOfOneProcess(caches: [String]) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = folder.appendingPathComponent("text", isDirectory: true)
        try FileManager.default.createDirectory(at: text, withIntermediateDirectories: true)
        for index in 0..<5 {
            let lines = (0..<10 + 7 * index).map { "line \($0)\($0 % 5 == 0 ? "\n" : "")" }.joined(separator: "\n")
            try Data((lines + "\n").utf8).write(to: text.appendingPathComponent("\(index).txt"))
        }
        let files = try TextFiles([text.path])
        let wanted = try made(files, in: folder.appendingPathComponent("alone"))
        #expect(wanted.count == 15)
        let urls = caches.map { folder.appendingPathComponent($0) }
        // What one of them has already is not made again.
        _ = try TokenizedCorpus(TextFiles([files.urls[3].path]), Letters(), cache: urls[0])
        let counts = ThreadRanks.run(urls.count) { ranks in
            try? TokenizedCorpus(files, Letters(), cache: urls[ranks.rank], ranks: ranks).tokenCount
        }
        #expect(Set(counts).count == 1 && counts[0] != nil)
        for url in urls { #expect(try contents(of: url) == wanted) }
        // Whoever comes next finds all of it there, and the lock free.
        for url in urls { #expect(try made(files, in: url) == wanted) }
    }

    private func made(_ files: TextFiles, in cache: URL) throws -> [String: Data] {
        _ = try TokenizedCorpus(files, Letters(), cache: cache)
        return try contents(of: cache)
    }

    /// Of all but the lock.
    private func contents(of cache: URL) throws -> [String: Data] {
        let folder = cache.appendingPathComponent(String(Letters().fingerprint.prefix(16)))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != "lock" }
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appendingPathComponent($0))) })
    }
}
