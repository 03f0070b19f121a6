import Corpora
import Digests
import Foundation
import Testing
import Tokenization

/// Fixtures/make_wordpiece.py wrote what the `tokenizers` library behind transformers makes of the same text.
@Suite struct WordPieceTests {
    private struct Expected: Decodable {
        struct Line: Decodable {
            let text: String
            let uncased, cased: [Int32]
        }
        let hostile: [Line]
        let digests: [String: [String]]
    }

    private func expected() throws -> Expected {
        try JSONDecoder().decode(Expected.self, from: Data(contentsOf: fixture("wordpiece.json")))
    }

    private func tokenizer(_ url: URL, lowercase: Bool) throws -> WordPieceTokenizer {
        let pieces = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
        return try WordPieceTokenizer(pieces: pieces, lowercase: lowercase, place: url.lastPathComponent)
    }

    @Test(arguments: [true, false]) func hostileUnicodeIsReadAsTransformersReadsIt(lowercase: Bool) throws {
        let tokenizer = try tokenizer(fixture("pieces.txt"), lowercase: lowercase)
        let lines = try expected().hostile
        #expect(lines.count > 30)
        for line in lines {
            let ids = tokenizer.encode(line.text)
            #expect(ids == (lowercase ? line.uncased : line.cased), "\(line.text.debugDescription)")
        }
    }

    @Test(arguments: ["bert-base-uncased", "bert-base-cased"])
    func idsOfTwentyThousandLinesAreTransformers(name: String) throws {
        guard hasSharedData else { try Test.cancel("the real text is not on this machine: \(sharedData.path)") }
        let tokenizer = try tokenizer(
            sharedData.appendingPathComponent("wordpiece/\(name)-vocab.txt"), lowercase: name.hasSuffix("uncased"))
        let reader = try LineReader(sharedData.appendingPathComponent("text/enwiki_00.txt.xz"))
        for (block, digest) in try #require(try expected().digests[name]).enumerated() {
            var bytes = Data()
            var lines = 0
            while lines < 1000, let line = try reader.next() {
                guard !line.isEmpty else { continue }
                lines += 1
                tokenizer.encode(line).withUnsafeBytes { bytes.append(contentsOf: $0) }
            }
            #expect(lines == 1000)
            #expect(SHA256.hexadecimal(of: bytes) == digest, "lines from \(1000 * block) on")
        }
    }

    @Test func decodingJoinsThePiecesOfAWord() throws {
        let tokenizer = try tokenizer(fixture("pieces.txt"), lowercase: true)
        #expect(tokenizer.decode(tokenizer.encode("the UNAFFABLE")) == "the unaffable")
        #expect(tokenizer.continuesWord(tokenizer.encode("unaffable")[1]))
        #expect(!tokenizer.continuesWord(tokenizer.encode("##")[0]))
        let accents = try WordPieceTokenizer(
            pieces: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##\u{301}"], lowercase: false, place: "accents"
        )
        #expect(accents.encode("a\u{301}\u{301}") == [5, 6, 6])
        #expect(Array(accents.decode([5, 6]).unicodeScalars) == ["a", "\u{301}"])
    }

    @Test func aVocabularyWithAFaultIsRefused() {
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        func problem(_ pieces: [String]) -> String? {
            message { _ = try WordPieceTokenizer(pieces: pieces, lowercase: true, place: "vocab.txt") }
        }
        #expect(problem(special) == nil)
        #expect(problem(special + ["\u{E9}", "e\u{301}"]) == nil)
        #expect(problem(["[PAD]", "[UNK]", "[CLS]", "[SEP]"]) == "vocab.txt: has no piece '[MASK]'")
    }

    /// `BertTokenizer` of transformers 5.23 gives these ids for a vocab.txt of these lines.
    @Test func blankAndRepeatedLinesAreTakenAsTransformersTakesThem() throws {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "", "b", "a", "##b", "c", ""]
        let tokenizer = try WordPieceTokenizer(pieces: pieces, lowercase: true, place: "vocab.txt")
        #expect(tokenizer.encode("a ab b c d") == [8, 8, 9, 7, 10, 1])
        #expect(tokenizer.vocabularySize == 11)
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
        try FileManager.default.removeItem(at: folder.file("tokenizer.json"))
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
    }

    /// To Swift's strings, a composed and a decomposed character are one; this vocabulary could not be written.
    @Test func piecesThatStringsTakeForEqualAreWrittenBoth() throws {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "\u{E9}", "e\u{301}"]
        let tokenizer = try WordPieceTokenizer(pieces: pieces, lowercase: false, place: "vocab.txt")
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        let again = try TokenizerFolder.load(folder.url)
        #expect(again.encode("\u{E9} e\u{301}") == [5, 6])
    }
}
