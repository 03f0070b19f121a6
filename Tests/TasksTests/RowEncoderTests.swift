import Tasks
import Testing
import Tokenization

/// One id a byte behind the five special ones.
private struct ByteTokenizer: Tokenizer {
    let vocabularySize = 261
    let fingerprint = ""
    let special = SpecialTokens(padding: 0, unknown: 1, classification: 2, separator: 3, mask: 4)

    func encode(_ text: String) -> [Int32] { text.utf8.map { Int32($0) } }
    func piece(_ id: Int32) -> String { "" }
    func decode(_ ids: [Int32]) -> String { "" }
    func continuesWord(_ id: Int32) -> Bool { false }
}

@Suite struct RowEncoderTests {
    private func encode(_ texts: [String], length: Int) -> EncodedRow {
        TaskRow(texts: texts, target: [1]).encoded(ByteTokenizer(), length: length)
    }

    @Test func oneTextAndTwo() {
        let a = Int32(UInt8(ascii: "a"))
        #expect(encode(["aa"], length: 9).ids == [2, a, a, 3])
        let pair = encode(["aa", "aaa"], length: 9)
        #expect(pair.ids == [2, a, a, 3, a, a, a, 3] && pair.segments == [0, 0, 0, 0, 1, 1, 1, 1])
        #expect(!pair.isTruncated && pair.target == [1])
    }

    @Test func theLongerOfTwoLosesTokensFirst() {
        let row = encode(["aaaaaaaa", "bbb"], length: 10)
        #expect(row.isTruncated && row.ids.count == 10)
        #expect(row.ids.count { $0 == Int32(UInt8(ascii: "a")) } == 4)
        #expect(row.ids.count { $0 == Int32(UInt8(ascii: "b")) } == 3)
    }

    /// As `Tokenizer.encode` of the tokenizers library 0.23 cuts with `longest_first`.
    @Test(arguments: [
        (10, 4, 4, 3, 4), (10, 5, 9, 3, 4), (10, 9, 5, 4, 3), (10, 8, 3, 4, 3), (10, 2, 9, 2, 5), (11, 9, 9, 4, 4),
        (10, 0, 9, 0, 7), (10, 9, 0, 7, 0),
    ]) func theLongerTextHasTheOddToken(length: Int, first: Int, second: Int, firstLeft: Int, secondLeft: Int) {
        let row = encode([String(repeating: "a", count: first), String(repeating: "b", count: second)], length: length)
        #expect(row.ids.count { $0 == Int32(UInt8(ascii: "a")) } == firstLeft)
        #expect(row.ids.count { $0 == Int32(UInt8(ascii: "b")) } == secondLeft)
    }

    @Test func inOneSegmentAllElseIsTheSame() {
        let pair = encode(["aa", "aaa"], length: 9)
        #expect(pair.inOneSegment.segments == [0, 0, 0, 0, 0, 0, 0, 0] && pair.inOneSegment.ids == pair.ids)
    }
}
