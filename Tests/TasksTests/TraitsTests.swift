import Foundation
import Testing

@testable import Options
@testable import Tasks

@Suite struct TraitsTests {
    @Test func whatReadersStumbleOver() {
        let traits = FileTraits(Data("\u{FEFF}a \"b\r\nc\u{2028}d\u{85}e\r\nf\rg\n".utf8))
        #expect(traits.hasByteOrderMark && traits.carriageReturns == 2)
        #expect(traits.unicodeSeparators == 2 && traits.quotes == 1)
        let plain = FileTraits(Data("a\tb\n".utf8))
        #expect(!plain.hasByteOrderMark && plain.carriageReturns + plain.unicodeSeparators + plain.quotes == 0)
    }

    @Test func spellingsNearAndFar() {
        #expect(Spelling.nearest(to: "optimiser", among: ["optimizer", "batch"]) == "optimizer")
        // Of several as near, the one that begins alike.
        #expect(Spelling.nearest(to: "sts2", among: ["sst2", "stsb"]) == "stsb")
        #expect(Spelling.nearest(to: "zebra", among: ["optimizer", "batch"]) == nil)
        #expect(Spelling.distance("kitten", "sitting") == 3 && Spelling.distance("ab", "ba") == 1)
    }

    @Test func sentencesAreFoundWordForWord() {
        var overlap = TextOverlap([
            "The cat sat on the mat , and it purred .", "too short", "one two three four five six seven eight nine",
        ])
        #expect(overlap.candidates == 2)
        overlap.look(at: "Yesterday the cat sat on the mat, and it purred. Then it left.")
        overlap.look(at: "one two three four five six seven eight ten")
        #expect(overlap.found == [0])
        overlap.look(at: "zero one two three four five six seven eight nine")
        #expect(overlap.found == [0, 2])
        // Where no spaces stand between words, a character is one.
        var chinese = TextOverlap(["电影很好看，我喜欢。", "很好看"])
        #expect(chinese.candidates == 1)
        chinese.look(at: "他说电影很好看 我喜欢abc")
        #expect(chinese.found == [0])
        // As short as one may be, a sentence may end where the paragraph does.
        var shortest = TextOverlap(["one two three four five six seven eight"])
        shortest.look(at: "zero one two three four five six seven eight")
        #expect(shortest.found == [0])
    }
}
