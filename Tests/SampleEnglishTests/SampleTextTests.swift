import Testing

@testable import SampleEnglish

@Suite struct SampleTextTests {
    private static let documents = Array(SampleText(seed: 7).prefix(10_000))
    private static let paragraphs = Array(documents.joined())
    private static let text = " " + paragraphs.joined(separator: " ").lowercased() + " "

    @Test func aSeedIsAText() {
        let again = Array(SampleText(seed: 7).prefix(50))
        #expect(Array(Self.documents.prefix(50)) == again)
        #expect(Array(SampleText(seed: 8).prefix(50)) != again)
    }

    /// The bytes of every platform and every release of Swift; whoever changes the lexicon or the grammar changes them.
    @Test func theTextIsGolden() {
        #expect(
            fnv1a(SampleText(seed: 2024).prefix(500).joined().joined(separator: "\n")) == 15_466_719_553_790_982_838)
    }

    @Test func paragraphsAreDistinct() {
        let twentyThousand = Self.paragraphs.prefix(20_000)
        #expect(twentyThousand.count == 20_000)
        #expect(Double(Set(twentyThousand).count) > 0.99 * 20_000)
    }

    @Test func documentsAreParagraphsOfSentences() {
        for document in Self.documents {
            #expect((2...3).contains(document.count))
        }
        let sentences = Self.paragraphs.map { $0.split(whereSeparator: { ".?".contains($0) }).count }
        #expect(sentences.allSatisfy { $0 >= 2 })
        #expect(2 * sentences.reduce(0, +) > 5 * Self.paragraphs.count)
    }

    @Test func everyParagraphIsASentenceOnPaper() {
        for paragraph in Self.paragraphs {
            let first = paragraph.first ?? " "
            #expect(first.isUppercase || first == "\"", "\(paragraph)")
            #expect([".", "\""].contains(paragraph.last), "\(paragraph)")
            #expect(!paragraph.contains("\n") && !paragraph.contains("  "), "\(paragraph)")
        }
    }

    @Test(arguments: [
        " a apple", " a old ", " a honest ", " a unpleasant", " an boy", " an horse", " they was ", " they is ",
        " they has ",
        " she were ", " he are ", " twins was ", " twins goes ", " children is ", " the jokes was ", " the plot were ",
        " ,", " .", "{", "}", "[", "]", "<", ">", "|", "..", "catched", "buyed", "writed", "sheeps", "he do ",
        "will went",
    ])
    func neverOccurs(_ mistake: String) {
        #expect(!Self.text.contains(mistake))
    }

    @Test func noArticleIsWrong() {
        let words = Self.text.split(whereSeparator: { !$0.isLetter })
        for (article, word) in zip(words, words.dropFirst()) where article == "a" || article == "an" {
            #expect(Article.isAn(before: word.utf8) == (article == "an"), "\(article) \(word)")
        }
    }

    @Test func everyGenreOccursAndTheVocabularyIsOfAMiddlingSize() {
        for trace in [
            "once there was", "o'clock", "dear ", " asked", "you need", "a young", "\"the ", "i recommend it",
        ] {
            #expect(Self.text.contains(trace))
        }
        let forms = Set(Self.text.split(whereSeparator: { !$0.isLetter }))
        #expect((1_000...1_600).contains(forms.count))
    }

    @Test func theMostFrequentWordIsLessThanATenthOfAll() {
        let words = Self.text.split(whereSeparator: { !$0.isLetter })
        let mostFrequent = Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +).values.max() ?? 0
        #expect(Double(mostFrequent) < 0.1 * Double(words.count))
    }
}
