import Testing

@testable import SampleEnglish

@Suite struct SampleSentimentTaskTests {
    private let task = SampleSentimentTask(seed: 5)

    @Test func aSeedIsATask() {
        let again = SampleSentimentTask(seed: 5)
        #expect(task.train == again.train && task.dev == again.dev && task.test == again.test)
        #expect(SampleSentimentTask(seed: 6).train != task.train)
    }

    @Test func theTaskIsGolden() {
        let rows = (task.train + task.dev + task.test).map { "\($0.sentence)\t\($0.label)" }
        #expect(fnv1a(rows.joined(separator: "\n")) == 4_666_500_218_078_222_957)
    }

    @Test(arguments: [(400, 800, 400), (301, 500, 1), (0, 2, 7)])
    func sizesAndBalanceAreAsAsked(train: Int, dev: Int, test: Int) {
        let task = SampleSentimentTask(seed: 1, trainCount: train, devCount: dev, testCount: test)
        for (rows, count) in [(task.train, train), (task.dev, dev), (task.test, test)] {
            #expect(rows.count == count)
            #expect(rows.map(\.label).reduce(0, +) == (count + 1) / 2)
        }
    }

    @Test func noSentenceOccursTwice() {
        let sentences = (task.train + task.dev + task.test).map(\.sentence)
        #expect(Set(sentences).count == sentences.count)
    }

    @Test func trainingRowsUseKnownSentimentWordsOnly() {
        #expect(task.train.allSatisfy { words(of: $0).isDisjoint(with: Self.heldOut) })
        #expect(task.train.allSatisfy { !words(of: $0).isDisjoint(with: Self.known) })
    }

    @Test func twoThirdsOfTheDevRowsUseHeldOutWordsOnly() {
        for rows in [task.dev, task.test] {
            let heldOut = rows.filter { !words(of: $0).isDisjoint(with: Self.heldOut) }
            #expect(heldOut.count == (rows.count * 2 + 1) / 3)
            #expect(heldOut.allSatisfy { words(of: $0).isDisjoint(with: Self.known) })
        }
    }

    @Test func noSentimentWordIsOnBothSides() {
        #expect(Self.known.isDisjoint(with: Self.heldOut))
        for topic in Topic.allCases {
            #expect(Set(topic.words(.positive, .all)).isDisjoint(with: topic.words(.negative, .all)))
        }
    }

    @Test func everyHeldOutWordIsInThePretrainingText() {
        let text = Set(
            SampleText(seed: 3).prefix(3_000).joined().joined(separator: " ").lowercased()
                .split(whereSeparator: { !$0.isLetter }).map(String.init))
        #expect(Self.heldOut.subtracting(text).isEmpty)
        #expect(Self.known.subtracting(text).isEmpty)
    }

    @Test func tokensAreApartAndInLowerCase() {
        for row in task.train + task.dev + task.test {
            #expect(row.sentence == row.sentence.lowercased())
            #expect(!row.sentence.contains("  ") && !row.sentence.hasPrefix(" ") && !row.sentence.hasSuffix(" "))
            #expect(
                row.sentence.split(separator: " ").allSatisfy { $0.count == 1 || !$0.contains { ",.".contains($0) } })
        }
    }

    private func words(of row: SampleSentimentTask.Row) -> Set<String> {
        Set(row.sentence.split(separator: " ").map(String.init))
    }

    private static let known = sentimentWords(.known)
    private static let heldOut = sentimentWords(.heldOut)

    private static func sentimentWords(_ share: SentimentShare) -> Set<String> {
        Set(Topic.allCases.flatMap { topic in Polarity.allCases.flatMap { topic.words($0, share) } })
    }
}
