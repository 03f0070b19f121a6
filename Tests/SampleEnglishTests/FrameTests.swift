import Testing

@testable import SampleEnglish

@Suite struct FrameTests {
    private func written(_ frame: String, cast: [Role] = [], tense: Tense = .past, seed: UInt64 = 1) -> String {
        var random = SplitMix64(seed: seed)
        let opinions = Opinions(topic: .film, polarity: .positive)
        var scene = Scene(cast: cast, tense: tense, opinions: opinions, &random)
        var writer = SentenceWriter()
        Frame(frame).write(to: &writer, &scene, &random)
        return writer.text
    }

    @Test func aCapitalOpensEverySentence() {
        #expect(written("one word. another! a third? yes") == "One word. Another! A third? Yes")
        #expect(written("\"where are you?\" he asked.") == "\"Where are you?\" he asked.")
    }

    @Test func theArticleWaitsForItsWord() {
        #expect(written("it was a [old] house") == "It was an old house")
        #expect(written("it was a [|][|][house]") == "It was a house")
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func verbsAndPronounsFollowTheirSubject(seed: UInt64) {
        let sentence = written(
            "{someone.he} {someone be} {someone.himself}", cast: [.someone], tense: .present, seed: seed)
        #expect(["He is himself", "She is herself", "They are themselves"].contains(sentence))
    }

    @Test func aFillerStaysTheSameInOneDocument() {
        let words = written("{animal.young} {animal.young} {animal.food} {animal.food}", cast: [.animal]).lowercased()
            .split(separator: " ")
        #expect(words[0] == words[1])
        #expect(words[2] == words[3])
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func twoPeopleAreTwo(seed: UInt64) {
        let names = written("{hero} {friend}", cast: [.hero, .friend], seed: seed).split(separator: " ")
        #expect(names.count == 2 && names[0] != names[1])
    }

    @Test func tensesCanBeTheDocumentsOrTheirOwn() {
        #expect(written("x {animal go}", cast: [.animal], tense: .future) == "X will go")
        #expect(written("x {animal perfect go}", cast: [.animal], tense: .future) == "X has gone")
    }

    @Test func choicesOfACellAreMultipliedOut() {
        #expect(Table.alternatives(of: "a [b/c] d [e/f]") == ["a b d e", "a b d f", "a c d e", "a c d f"])
    }
}
