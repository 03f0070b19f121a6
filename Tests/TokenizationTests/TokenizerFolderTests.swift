import Foundation
import Testing
import Tokenization

@Suite struct TokenizerFolderTests {
    private func message(_ folder: URL, _ body: () throws -> Void) -> String? {
        TokenizationTests.message(body)?.replacingOccurrences(of: folder.path + "/", with: "")
    }

    @Test func aSentencePieceComesBackFromItsFolder() throws {
        let folder = try TemporaryFolder()
        let tokenizer = try sampleVocabulary()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(files == ["spiece.model", "tokenizer.json", "tokenizer_config.json"])
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
        #expect(try TokenizerFolder.load(folder.file("spiece.model")).fingerprint == tokenizer.fingerprint)
    }

    @Test(arguments: [true, false]) func aWordPieceComesBackFromEachOfItsFiles(lowercase: Bool) throws {
        let folder = try TemporaryFolder()
        let pieces = try String(contentsOf: fixture("pieces.txt"), encoding: .utf8).split(separator: "\n").map(
            String.init)
        let tokenizer = try WordPieceTokenizer(pieces: pieces, lowercase: lowercase, place: "pieces.txt")
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
        // What another program left may hold tokenizer.json alone.
        try FileManager.default.removeItem(at: folder.file("vocab.txt"))
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
    }

    /// A reader's text does not steer a model.
    @Test func namesOfSpecialTokensAreTextInATextOfEveryTokenizer() throws {
        let folder = try TemporaryFolder()
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[", "]", "mask", "sep", "cls", "a"]
        let words = try WordPieceTokenizer(pieces: pieces, lowercase: true, place: "pieces.txt")
        for (name, data) in try TokenizerFolder.files(of: words) { try data.write(to: folder.file(name)) }
        for tokenizer in [words, try TokenizerFolder.load(folder.url), try sampleVocabulary()] as [any Tokenizer] {
            let special = tokenizer.special
            let ids = tokenizer.encode("a [MASK] a[SEP] [CLS]")
            #expect(!ids.isEmpty)
            #expect(Set(ids).isDisjoint(with: [special.mask, special.separator, special.classification]))
        }
        #expect(words.encode("a [MASK]") == [10, 5, 7, 6])
    }

    @Test func whatIsMissingOrDamagedIsNamed() throws {
        let folder = try TemporaryFolder()
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.file("none")) }
                == "none: no such vocabulary; make one with `yoso vocab train --input TEXT --size 16000 --output none`"
        )
        #expect(
            TokenizationTests.message { _ = try TokenizerFolder.load(folder.url) }?.hasSuffix(
                ": no vocabulary: wanted spiece.model, vocab.txt or tokenizer.json") == true)
        try Data(#"{"yoso": {"benchmark": "lra"}}"#.utf8).write(to: folder.file("config.json"))
        #expect(
            TokenizationTests.message { _ = try TokenizerFolder.load(folder.url) }?.hasSuffix(
                ": a model of the Long Range Arena, which has no vocabulary; yoso evaluate takes it") == true)
        try Data([0xFF, 0x0A]).write(to: folder.file("vocab.txt"))
        #expect(message(folder.url) { _ = try TokenizerFolder.load(folder.url) } == "vocab.txt: not UTF-8")
        try Data("[".utf8).write(to: folder.file("tokenizer_config.json"))
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == "tokenizer_config.json: damaged: no JSON object")
        try FileManager.default.removeItem(at: folder.file("vocab.txt"))
        try FileManager.default.removeItem(at: folder.file("tokenizer_config.json"))
        try Data("{\"model\":{\"vocab\":{}}}".utf8).write(to: folder.file("tokenizer.json"))
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == "tokenizer.json: model: 'vocab' has ids that are no numbers from 0 to 9999999")
    }
}
