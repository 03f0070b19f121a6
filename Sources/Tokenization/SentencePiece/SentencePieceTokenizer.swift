import CSentencePiece
import Digests
import Foundation

/// Unigram or BPE pieces by the SentencePiece library (Kudo & Richardson 2018), from a model checked by us first.
public final class SentencePieceTokenizer: Tokenizer {
    public let special: SpecialTokens
    public let fingerprint: String
    /// The bytes of the `.model` file.
    public let modelBytes: Data
    let model: SentencePieceModel
    let file = TokenizerFileText()
    // The library's processor is only read after loading, which it documents as safe from many threads.
    private nonisolated(unsafe) let processor: OpaquePointer

    /// - Throws: `TokenizationError` at `place` where the model is damaged or lacks a special token.
    public init(modelBytes: Data, place: String) throws {
        model = try SentencePieceModel(Array(modelBytes), place)
        special = try Self.specialTokens(of: model, place)
        self.modelBytes = modelBytes
        fingerprint = SHA256.hexadecimal(of: modelBytes)
        var message: UnsafeMutablePointer<CChar>?
        let loaded = modelBytes.withUnsafeBytes { bytes in
            bytes.baseAddress.flatMap { csp_load($0, Int64(bytes.count), &message) }
        }
        guard let loaded else { throw TokenizationError(place, takeMessage(message)) }
        processor = loaded
        guard Int(csp_piece_count(loaded)) == model.pieces.count else {
            csp_unload(loaded)
            throw TokenizationError(place, "damaged: the library reads another number of pieces than we do")
        }
    }

    deinit { csp_unload(processor) }

    public var vocabularySize: Int { model.pieces.count }

    public func encode(_ text: String) -> [Int32] {
        // The library finds the mask's name in a text, whose writer is not to steer the model by it.
        encodeWithOffsets(text).map { $0.id == special.mask ? special.unknown : $0.id }
    }

    /// Ids of `text` with the range of UTF-8 bytes that each covers; a range may be empty, since normalization can make
    /// several pieces of one character.
    public func encodeWithOffsets(_ text: String) -> [(id: Int32, bytes: Range<Int>)] {
        var text = text
        return text.withUTF8 { utf8 in
            guard utf8.count > Self.longest, encodesWordByWord else { return encode(utf8[...]) }
            var (rest, all): (Slice<UnsafeBufferPointer<UInt8>>, [(id: Int32, bytes: Range<Int>)]) = (utf8[...], [])
            while !rest.isEmpty {
                let part = rest.prefix(TextPart.length(of: rest, atMost: Self.longest))
                var ids = encode(part)[...]
                if part.startIndex > 0, part.first != UInt8(ascii: " ") {
                    // Within a word, which has no space in front, and whose unknown characters go on.
                    if ids.first.map({ piece($0.id) }) == "▁" { ids.removeFirst() }
                    let unknown = special.unknown
                    if let last = all.last, let first = ids.first, [last.id, first.id] == [unknown, unknown] {
                        all[all.count - 1].bytes = last.bytes.lowerBound..<first.bytes.upperBound
                        ids.removeFirst()
                    }
                }
                all += ids
                rest = rest.dropFirst(part.count)
            }
            return all
        }
    }

    /// Bytes that the library encodes at a time: it takes two hundred times their size, and time by the square of a run of unknown
    /// characters.
    private static let longest = 1 << 16

    /// Whether a space begins a word wherever it stands, as it does unless a model says otherwise.
    private var encodesWordByWord: Bool {
        func ids(_ text: String) -> [Int32] {
            var text = text
            return text.withUTF8 { encode($0[...]).map(\.id) }
        }
        return ids("e e") == ids("e") + ids(" e")
    }

    /// Those of a part of a text, by bytes of the whole.
    private func encode(_ utf8: Slice<UnsafeBufferPointer<UInt8>>) -> [(id: Int32, bytes: Range<Int>)] {
        let part = UnsafeBufferPointer(rebasing: utf8)
        guard let base = part.baseAddress else { return [] }
        var (ids, begins, ends):
            (UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?, UnsafeMutablePointer<Int32>?)
        var count: Int64 = 0
        let bytes = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
        let message = csp_encode(processor, bytes, Int64(part.count), &ids, &begins, &ends, &count)
        defer { for memory in [ids, begins, ends] { csp_free(memory) } }
        // The library fails only before a model is loaded or when memory is out.
        if message != nil { fatalError("SentencePiece: \(takeMessage(message))") }
        guard let ids, let begins, let ends else { return [] }
        let start = utf8.startIndex
        return (0..<Int(count)).map { (ids[$0], start + Int(begins[$0])..<start + Int(ends[$0])) }
    }

    /// The library finds the mask as a piece of its own, so that "into the [MASK]." has no `▁` in front of the point; the one in front of
    /// the mask is the word's.
    public func encode(aroundMasks parts: [String]) -> [Int32] {
        let text = parts.joined(separator: piece(special.mask))
        let ids = encodeWithOffsets(text)
        guard ids.count(where: { $0.id == special.mask }) == parts.count - 1 else { return encodeApart(parts) }
        let (bytes, space) = (Array(text.utf8), UInt8(ascii: " "))
        return ids.indices.filter { index in
            guard index + 1 < ids.count, ids[index + 1].id == special.mask else { return true }
            // Or unknown, to a vocabulary without a space by itself.
            let covered = bytes[ids[index].bytes]
            let isSpace = piece(ids[index].id) == "▁" || !covered.isEmpty && covered.allSatisfy { $0 == space }
            return !isSpace
        }.map { ids[$0].id }
    }

    public func piece(_ id: Int32) -> String { model.pieces[Int(id)].text }

    /// Whether two segmentations of a text are so by a unigram model, within the rounding of sums in single precision
    /// (Kudo 2018, section 3.2): P(x) = Π p(x_i), whose logarithms are the scores.
    func areEquallyLikely(_ one: [Int32], _ other: [Int32]) -> Bool {
        func score(_ ids: [Int32]) -> Double { ids.reduce(0) { $0 + Double(model.pieces[Int($1)].score) } }
        return model.isUnigram && abs(score(one) - score(other)) < 1e-4
    }

    public func decode(_ ids: [Int32]) -> String {
        // The library leaves control pieces out; they are spelled here.
        var (text, run): (String, [Int32]) = ("", [])
        func flush() {
            if !run.isEmpty { text += (text.isEmpty ? "" : " ") + decodeText(run) }
            run = []
        }
        for id in ids {
            if model.pieces[Int(id)].kind == .normal || model.pieces[Int(id)].kind == .byte {
                run.append(id)
            } else {
                flush()
                text += (text.isEmpty ? "" : " ") + piece(id)
            }
        }
        flush()
        return text
    }

    public func continuesWord(_ id: Int32) -> Bool {
        let piece = model.pieces[Int(id)]
        return (piece.kind == .normal || piece.kind == .byte) && !piece.text.utf8.starts(with: "▁".utf8)
    }

    private func decodeText(_ ids: [Int32]) -> String {
        var text: UnsafeMutablePointer<CChar>?
        let message = csp_decode(processor, ids, Int64(ids.count), &text)
        defer { csp_free(text) }
        if message != nil { fatalError("SentencePiece: \(takeMessage(message))") }
        return text.map { String(cString: $0) } ?? ""
    }

    /// The five by name: ours, BERT's and ALBERT's models spell padding and unknown as `<pad>` and `<unk>`.
    private static func specialTokens(of model: SentencePieceModel, _ place: String) throws -> SpecialTokens {
        func id(_ names: String...) throws -> Int32 {
            for name in names {
                if let index = model.pieces.firstIndex(where: { $0.text == name }) { return Int32(index) }
            }
            throw TokenizationError(
                place, "has no piece '\(names[0])'; train one with `yoso vocab train`, which adds the special tokens")
        }
        return SpecialTokens(
            padding: try id("<pad>", "[PAD]"), unknown: try id("<unk>", "[UNK]"), classification: try id("[CLS]"),
            separator: try id("[SEP]"), mask: try id("[MASK]"))
    }
}

/// The text of a message from C, which is freed.
func takeMessage(_ message: UnsafeMutablePointer<CChar>?) -> String {
    defer { csp_free(message) }
    return message.map { String(cString: $0) } ?? "unknown failure"
}
