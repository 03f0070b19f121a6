import Foundation
import Testing

@testable import Tokenization

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

    /// Field `number` of a message, of bytes.
    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var (size, sizes) = (bytes.count, [UInt8]())
        while size > 127 {
            sizes.append(UInt8(size & 127 | 128))
            size >>= 7
        }
        return [number << 3 | 2] + sizes + [UInt8(size)] + bytes
    }

    /// What protobuf joins to a message of the model that is there, and the library follows.
    @Test func noCharacterMapGoesPastUs() throws {
        // The unknown piece alone.
        let model = field(1, field(1, Array("<unk>".utf8)) + [3 << 3, 2])
        func refusal(_ more: [UInt8]) -> String? { message { _ = try SentencePieceModel(model + more, "m") } }
        func map(_ units: [Int: UInt32]) -> [UInt8] {
            func bytes(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } }
            return bytes(1024) + (0..<256).flatMap { bytes(units[$0] ?? 0) } + [0]
        }
        let outside = UInt32(0x1F_FFFF) << 10
        #expect(refusal([]) == nil)
        let sound = map([Int(UInt8(ascii: "a")): UInt32(UInt8(ascii: "a"))])
        #expect(refusal(field(3, field(2, sound))) == nil && refusal(field(5, field(2, sound))) == nil)
        let bad = map([Int(UInt8(ascii: "a")): outside | UInt32(UInt8(ascii: "a"))])
        for (number, name) in [(UInt8(3), "normalizer"), (5, "denormalizer")] {
            #expect(
                refusal(field(number, field(2, bad)))
                    == "m: damaged: the character map of its \(name) points outside of itself")
            // Behind a group, which the library skips.
            #expect(
                refusal(field(number, [0x0B, 0x0C] + field(2, bad))) == "m: damaged: its \(name) cannot be read")
        }
        #expect(refusal(field(2, [0x0B, 0x0C, 3 << 3, 2])) == "m: damaged: its trainer cannot be read")
        // Reached by a NUL alone: the node that the text begins at is another than the one where the trie's first unit stands.
        #expect(
            refusal(field(3, field(2, map([0: 16 << 10, 16: outside]))))
                == "m: damaged: the character map of its normalizer points outside of itself")
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
