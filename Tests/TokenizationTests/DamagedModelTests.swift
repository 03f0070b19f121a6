import Foundation
import Testing
import Tokenization

/// The library crashes on damaged models, so what is damaged must be refused before it sees it: every case here either
/// throws or loads and still encodes.
@Suite struct DamagedModelTests {
    private func survives(_ bytes: Data) -> Bool {
        do {
            let tokenizer = try SentencePieceTokenizer(modelBytes: bytes, place: "spiece.model")
            _ = tokenizer.encode("The old farmer saw Ⅷ ﬁne cafés at 12:30, ﷺ and 한국…")
            return true
        } catch is TokenizationError {
            return false
        } catch {
            Issue.record("another error: \(error)")
            return false
        }
    }

    @Test func aTruncatedModelIsRefused() throws {
        let bytes = try sampleVocabulary().modelBytes
        var refused = 0
        for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 150))
        where !survives(bytes.prefix(length)) {
            refused += 1
        }
        // A cut between two pieces leaves a smaller model, but without the map and the trainer's part at its end.
        #expect(refused > 100)
        #expect(message { _ = try SentencePieceTokenizer(modelBytes: Data(), place: "m") } == "m: empty")
        #expect(
            message { _ = try SentencePieceTokenizer(modelBytes: Data("no model".utf8), place: "m") }
                == "m: no SentencePiece model, or a damaged one")
    }

    @Test func flippedBytesNeverCrash() throws {
        let bytes = try sampleVocabulary().modelBytes
        var state: UInt64 = 1
        var refused = 0
        for _ in 0..<150 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var damaged = bytes
            damaged[Int(state >> 33) % bytes.count] ^= UInt8(1 << (state >> 29 & 7))
            if !survives(damaged) { refused += 1 }
        }
        #expect(refused > 0)
    }

    @Test func aModelWithoutOurSpecialTokensIsRefused() throws {
        guard hasSharedData else { try Test.cancel("the models of others are not on this machine: \(sharedData.path)") }
        let folder = sharedData.appendingPathComponent("sentencepiece")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".model") }
        #expect(!names.isEmpty)
        for name in names.sorted() {
            let bytes = try Data(contentsOf: folder.appendingPathComponent(name))
            let refusal = message { _ = try SentencePieceTokenizer(modelBytes: bytes, place: name) }
            #expect(refusal == nil || refusal?.contains("has no piece '") == true, "\(refusal ?? "none")")
            #expect(name.contains("albert") == false || refusal == nil)
        }
    }
}
