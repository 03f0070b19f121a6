import Corpora
import Foundation
import Testing
import Tokenization

@Suite struct TextWordsTests {
    private func words(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return TextWords.ranges(of: text).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test func wordsStandWhereTheyAre() {
        #expect(
            words("Mr. O'Neil, of  Zürich\t(CH)!") == [
                "Mr", ".", "O", "'", "Neil", ",", "of", "Zürich", "(", "CH", ")", "!",
            ])
        #expect(TextWords.ranges(of: "é b") == [0..<2, 3..<4])
        #expect(words("東京 is") == ["東", "京", "is"])
        #expect(words("𝄞x\u{2028}y") == ["𝄞x", "y"])
        // Soft hyphens and other such characters are of words that go on behind them.
        #expect(words("\u{200B}co\u{AD}op\u{200B} \u{0}") == ["co\u{AD}op"])
        #expect(words(" \t\u{A0}") == [] && words("") == [])
    }

    /// BERT's tokenizer splits a text there too: words read one by one have the pieces of the whole.
    @Test func theyAreThoseOfWordPiece() throws {
        let pieces = try String(contentsOf: fixture("pieces.txt"), encoding: .utf8).split(separator: "\n").map(
            String.init)
        struct Lines: Decodable {
            struct Line: Decodable { let text: String }
            let hostile: [Line]
        }
        let lines = try JSONDecoder().decode(Lines.self, from: Data(contentsOf: fixture("wordpiece.json"))).hostile
        for lowercase in [true, false] {
            let tokenizer = try WordPieceTokenizer(pieces: pieces, lowercase: lowercase, place: "pieces.txt")
            for line in lines.map(\.text) + ["a b,c (d) 東京e\u{AD}f"] {
                #expect(words(line).flatMap(tokenizer.encode) == tokenizer.encode(line), "\(line.debugDescription)")
            }
        }
    }
}
