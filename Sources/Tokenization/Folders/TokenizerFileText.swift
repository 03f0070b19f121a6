import Foundation
import Synchronization

/// The `tokenizer.json` of a tokenizer, made and read back once: every checkpoint has it.
final class TokenizerFileText: Sendable {
    private let made = Mutex<Result<Data, TokenizationError>?>(nil)

    /// - Throws: where what `make` gives, read as transformers reads it, has other ids than `tokenizer`.
    func callAsFunction(_ tokenizer: any Tokenizer, _ make: () throws(TokenizationError) -> Data)
        throws(TokenizationError)
        -> Data
    {
        try made.withLock { made in
            if let made { return made }
            let result = Result { () throws(TokenizationError) -> Data in
                let data = try make()
                try Self.check(data, tokenizer)
                return data
            }
            made = result
            return result
        }.get()
    }

    private static func check(_ data: Data, _ tokenizer: any Tokenizer) throws(TokenizationError) {
        let name = "tokenizer.json"
        do { try check(TokenizerFile(data, place: name), tokenizer, place: name) } catch let error as TokenizationError
        {
            throw error
        } catch { throw TokenizationError(name, "\(error)") }
    }

    /// - Throws: `TokenizationError` at `place` where `file` has other ids of a sample than `tokenizer`.
    static func check(_ file: TokenizerFile, _ tokenizer: any Tokenizer, place: String) throws {
        let special = tokenizer.special
        let common = [special.padding, special.unknown, special.classification, special.separator, special.mask]
        var file = file
        try file.findSpecial(but: common.map(tokenizer.piece))
        for text in sample(of: tokenizer) {
            let (there, here) = (file.encode(text), tokenizer.encode(text))
            // Of pieces that are equally likely together, each version of SentencePiece takes its own.
            let isTie = (tokenizer as? SentencePieceTokenizer)?.areEquallyLikely(there, here) ?? false
            guard there != here, !isTie else { continue }
            throw TokenizationError(place, "transformers would read '\(text)' otherwise than this program")
        }
    }

    /// Text of pieces, about three thousand, and of what normalizers disagree about.
    private static func sample(of tokenizer: any Tokenizer) -> [String] {
        let stride = max(1, tokenizer.vocabularySize / 3000)
        let special = tokenizer.special
        let reserved = [special.padding, special.unknown, special.classification, special.separator, special.mask]
        let words = Swift.stride(from: 0, to: tokenizer.vocabularySize, by: stride).compactMap { index -> String? in
            let piece = tokenizer.piece(Int32(index))
            // Special tokens of a text are found there and not here, and other control pieces (`</s>`) are like them.
            let isMark = reserved.contains(Int32(index)) || piece.hasPrefix("<") && piece.hasSuffix(">")
            // An accent by itself would join the piece that happens to stand in front of it here.
            let isAccent = piece.unicodeScalars.first?.properties.generalCategory == .nonspacingMark
            return isMark || isAccent || piece.isEmpty ? nil : piece
        }
        let texts = Swift.stride(from: 0, to: words.count, by: 12).map { start in
            words[start..<min(start + 12, words.count)].joined().replacingOccurrences(of: "▁", with: " ")
                .replacingOccurrences(of: "##", with: "")
        }
        return texts + [
            "", "  The  old farmer saw two cafés at 12:30.  ", "Ⅷ ﬁne ½ ²", "A\u{301} e\u{301} ÅNGSTRÖM İstanbul",
            "東京 中文 한국", "a\tb\nc\u{A0}d\u{3000}e", "don't—stop… (now)!", "aaaaaaa bbbbbb 1111111 .......",
        ]
    }
}
