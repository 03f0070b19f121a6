import Foundation
import Testing

@testable import Tokenization

@Suite struct SentencePieceTests {
    /// Two hundred different sentences of a few words.
    private static let sentences = (0..<200).map {
        "the \(["red", "old", "small", "new"][$0 % 4]) house number \($0 * 37 % 101) stands near the river \($0)"
    }

    private func train(_ model: VocabularyTrainer.Model, size: Int = 120) throws -> SentencePieceTokenizer {
        var rest = Self.sentences.makeIterator()
        return try VocabularyTrainer(size: size, model: model).train { rest.next() }
    }

    @Test(arguments: VocabularyTrainer.Model.allCases)
    func trainingIsDeterministicAndReservesTheFirstFive(model: VocabularyTrainer.Model) throws {
        let (first, second) = (try train(model), try train(model))
        #expect(first.modelBytes == second.modelBytes)
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.vocabularySize == 120)
        #expect((0..<5).map { first.piece($0) } == ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"])
        #expect(
            first.special == SpecialTokens(padding: 0, unknown: 1, classification: 2, separator: 3, mask: 4))
        let ids = first.encode("The old house")
        #expect(first.decode(ids) == "the old house")
        #expect(!ids.contains(first.special.unknown))
    }

    /// A mask stands for a word with the space in front of it, as in pretraining: nothing is put behind or in front of it.
    @Test(arguments: VocabularyTrainer.Model.allCases)
    func whatIsAroundMasksIsAsAroundWords(model: VocabularyTrainer.Model) throws {
        let tokenizer = try train(model)
        let (the, mask, space) = (tokenizer.encode("the"), tokenizer.special.mask, tokenizer.encode("a")[0])
        #expect(tokenizer.piece(space).hasPrefix("▁"))
        let behind = tokenizer.encode(aroundMasks: ["the ", "s the"])
        #expect(behind.dropFirst(the.count + 1).dropLast(the.count).map(tokenizer.piece) == ["s"])
        #expect(behind.starts(with: the + [mask]) && Array(behind.suffix(the.count)) == the)
        #expect(tokenizer.encode(aroundMasks: ["", " the ", " ", ""]) == [mask] + the + [mask, mask])
        #expect(tokenizer.encode(aroundMasks: ["the", ""]) == the + [mask])
        #expect(tokenizer.encode(aroundMasks: ["the"]) == the)
    }

    /// Read back as transformers reads it; Tests/Peers/same_ids.py compares it with transformers itself.
    @Test(arguments: VocabularyTrainer.Model.allCases)
    func theFileForTransformersHasTheIdsOfTheLibrary(model: VocabularyTrainer.Model) throws {
        let tokenizer = try train(model)
        #expect(TokenizerFolder.objection(tokenizer) == nil)
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        #expect(FileManager.default.fileExists(atPath: folder.file("tokenizer.json").path))
    }

    @Test func aModelThatNoFileCanSayGetsNoneAndALineWhy() throws {
        // The trainer's field 3, the type of the model: 4 is of characters.
        var bytes = try train(.bpe).modelBytes
        let type = try #require(bytes.range(of: Data([0x18, 0x02, 0x20])))
        bytes[type.lowerBound + 1] = 4
        let tokenizer = try SentencePieceTokenizer(modelBytes: bytes, place: "m")
        #expect(
            TokenizerFolder.objection(tokenizer)
                == "no tokenizer.json is written, so that transformers cannot read this vocabulary: the model is of words or characters; only unigram and BPE have one"
        )
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        #expect(!FileManager.default.fileExists(atPath: folder.file("tokenizer.json").path))
    }

    /// Which of them is taken is the version's affair, and no other is.
    @Test func segmentationsThatAreEquallyLikely() throws {
        let unigram = try train(.unigram)
        let ids = unigram.encode("the cat sat")
        #expect(unigram.areEquallyLikely(ids, ids.reversed()))
        #expect(!unigram.areEquallyLikely(ids, ids + ids))
        #expect(try !train(.bpe).areEquallyLikely(ids, ids))
    }

    @Test func aSizeThatTheTextCannotFillIsRefused() {
        let refusal = message { _ = try train(.unigram, size: 30_000) }
        #expect(
            refusal?.hasPrefix("vocabulary size 30000: too large for this text; wanted at most ") == true,
            "\(refusal ?? "none")")
        #expect(
            message { _ = try train(.unigram, size: 3) } == "vocabulary size 3: too small; wanted at least 8")
        let least = message { _ = try train(.bpe, size: 8) }?.split(separator: " ").compactMap { Int($0.dropLast()) }
            .last
        #expect(
            message { _ = try train(.unigram, size: (least ?? 0) - 1) }?.contains("too small; wanted at least") == true)
        #expect(message { _ = try train(.unigram, size: least ?? 0) } == nil, "\(least ?? 0)")
    }

    /// Without a character the library ends the process.
    @Test(arguments: VocabularyTrainer.Model.allCases) func textOfBlanksIsRefused(_ model: VocabularyTrainer.Model)
        throws
    {
        func refusal(_ texts: [String]) -> String? {
            var rest = texts.makeIterator()
            return message { _ = try VocabularyTrainer(size: 100, model: model).train { rest.next() } }
        }
        #expect(refusal([]) == "vocabulary: the text is empty; nothing to train on")
        for blank in ["", " ", "\t\u{1}\u{0}", "\u{3000}", "\u{200B}\u{FEFF}", "▁", "\u{FFFD}", "\u{2028}"] {
            #expect(
                refusal([blank, " "]) == "vocabulary: the text holds no character but blanks; nothing to train on",
                "\(blank)")
        }
        #expect(refusal(["", "[MASK]", " "])?.contains("too large for this text") == true)
    }

    /// The library leaves out what is longer than it was told.
    @Test func longParagraphsAreLearnedFromToo() throws {
        let spaced = Self.sentences.joined(separator: " ") + String(repeating: " zebra quagga", count: 2000)
        let unbroken = String(repeating: "ÿß", count: 9000)
        var rest = [spaced, unbroken].makeIterator()
        let tokenizer = try VocabularyTrainer(size: 60).train { rest.next() }
        #expect(!tokenizer.encode("zebra quagga").contains(tokenizer.special.unknown))
    }

    private struct Unreadable: Error {}

    @Test func aFailureOfTheTextEndsTraining() {
        #expect(throws: Unreadable.self) { try VocabularyTrainer(size: 100).train { throw Unreadable() } }
    }

    private struct Expected: Decodable {
        struct Line: Decodable {
            let text: String
            let ids: [Int32]
        }
        let lines: [Line]
    }

    @Test func idsAreThoseOfTransformersByTheTokenizerJSONThatShips() throws {
        let tokenizer = try sampleVocabulary()
        let lines = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: fixture("sentencepiece.json"))).lines
        #expect(lines.count > 40)
        for line in lines {
            #expect(tokenizer.encode(line.text) == line.ids, "\(line.text.debugDescription)")
        }
    }

    @Test func offsetsAreBytesOfTheTextAndCoverIt() throws {
        let tokenizer = try sampleVocabulary()
        let text = "The old Farmer saw Ⅷ ﬁne  cafés…"
        let pieces = tokenizer.encodeWithOffsets(text)
        let bytes = Array(text.utf8)
        var end = 0
        for (_, range) in pieces {
            #expect(range.lowerBound >= end || range.isEmpty)
            #expect(range.upperBound <= bytes.count)
            end = max(end, range.upperBound)
        }
        #expect(end == bytes.count)
        let words = pieces.map { String(decoding: bytes[$0.bytes], as: UTF8.self) }
        #expect(words.joined().filter { $0 != " " } == text.filter { $0 != " " })
        // One character becomes several pieces: all but one of them cover nothing.
        #expect(tokenizer.encodeWithOffsets("Ⅷ").contains { $0.bytes.isEmpty })
    }

    /// Which the library gets in parts; of unknown characters it would take the square of a line's time.
    @Test func longTextsHaveTheIdsOfTheirWords() throws {
        let tokenizer = try sampleVocabulary()
        let words = (0..<20_000).map { ["old", "farmer", "Ⅷ", "cafés", "ßßßñßß", "x9"][$0 * $0 % 97 % 6] }
        let text = words.joined(separator: " ")
        #expect(text.utf8.count > 1 << 16)
        let pieces = tokenizer.encodeWithOffsets(text)
        let known = Dictionary(uniqueKeysWithValues: Set(words).map { ($0, tokenizer.encode($0)) })
        #expect(pieces.map(\.id) == words.flatMap { known[$0] ?? [] })
        let bytes = Array(text.utf8)
        #expect(
            pieces.map { String(decoding: bytes[$0.bytes], as: UTF8.self) }.joined().filter { $0 != " " }
                == text.filter { $0 != " " })
        let unbroken = tokenizer.encodeWithOffsets(String(repeating: "ßñ", count: 100_000))
        #expect(unbroken.map(\.id) == tokenizer.encode("ßñ") && unbroken.last?.bytes.upperBound == 400_000)
    }

    @Test func emptyAndBlankTextHasNoIds() throws {
        let tokenizer = try sampleVocabulary()
        for text in ["", " ", "\n\t ", "\u{3000}"] { #expect(tokenizer.encode(text) == []) }
    }

    @Test func controlPiecesAreSpelledButNeverReadFromText() throws {
        let tokenizer = try sampleVocabulary()
        let ids = tokenizer.encode("the farmer")
        #expect(tokenizer.decode([2] + ids + [4, 3]) == "[CLS] the farmer [MASK] [SEP]")
        #expect(!tokenizer.encode("a [CLS] b").contains(tokenizer.special.classification))
    }

    @Test func manyThreadsReadOneTokenizer() async throws {
        let tokenizer = try sampleVocabulary()
        let alone = Self.sentences.map { tokenizer.encode($0) }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { Self.sentences.map { tokenizer.encode($0) } == alone }
            }
            for await same in group { #expect(same) }
        }
    }
}
