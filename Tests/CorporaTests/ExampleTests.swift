import Foundation
import Testing
import Tokenization

@testable import Corpora

@Suite struct ExampleTests {
    private let tokenizer = ByteTokenizer()

    private func source(
        _ corpus: TokenizedCorpus, _ part: ExampleSource.Part = .training,
        _ options: ExampleOptions = ExampleOptions { $0.length = 40 },
        seed: UInt64 = 1
    ) throws -> ExampleSource {
        ExampleSource(corpus, try CorpusSplit(corpus, heldOut: 0.2), part, options, tokenizer, seed: seed)
    }

    /// The ids before masking, without special tokens, the segments in the order of the text.
    private func original(_ example: PretrainingExample) -> [Int32] {
        var ids = example.ids
        for (position, label) in zip(example.maskedPositions, example.maskedLabels) { ids[Int(position)] = label }
        let parts = [Int32(0), 1].map { segment in
            zip(ids, example.segments).filter { $0.1 == segment && $0.0 > 4 }.map(\.0)
        }
        return example.isOrdered == false ? parts[1] + parts[0] : parts[0] + parts[1]
    }

    @Test func everyTokenOccursExactlyOnceAnEpoch() throws {
        let folder = try TemporaryFolder()
        let text = sampleText(documents: 60)
        let corpus = try tokenized(text, in: folder)
        for epoch in 0..<2 {
            var counts: [Int32: Int] = [:]
            var total = 0
            for part in [ExampleSource.Part.training, .heldOut] {
                let source = try source(corpus, part)
                for index in 0..<source.count(epoch: epoch) {
                    for id in original(source.example(epoch: epoch, index: index)) {
                        counts[id, default: 0] += 1
                        total += 1
                    }
                }
            }
            let expected = tokenizer.encode(text.replacingOccurrences(of: "\n", with: ""))
            #expect(total == expected.count)
            #expect(counts == expected.reduce(into: [:]) { $0[$1, default: 0] += 1 })
        }
    }

    @Test func anExampleIsAFunctionOfSeedEpochAndIndex() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 40), in: folder)
        let (one, again, other) = (try source(corpus), try source(corpus), try source(corpus, seed: 2))
        let late = one.example(epoch: 3, index: 7)
        #expect(again.example(epoch: 0, index: 0) == one.example(epoch: 0, index: 0))
        #expect(again.example(epoch: 3, index: 7) == late)
        #expect(other.example(epoch: 3, index: 7) != late)
        #expect(one.example(epoch: 4, index: 7) != late)
    }

    @Test func noExampleIsLongerThanTheLengthAndNoneCrossesDocuments() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 40), in: folder)
        let source = try source(corpus)
        for index in 0..<source.count(epoch: 0) {
            let example = source.example(epoch: 0, index: index)
            #expect(example.ids.count <= 40 && example.ids.count == example.segments.count)
            let text = tokenizer.decode(original(example))
            let numbers = Set(text.matches(of: /doc (\d+) par/).map { String($0.1) })
            #expect(numbers.count <= 1, "\(text)")
        }
    }

    @Test func halfOfThePairsAreSwappedAndSwappedPairsReadBackwards() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 400), in: folder)
        let source = try source(corpus)
        let examples = (0..<source.count(epoch: 0)).map { source.example(epoch: 0, index: $0) }
        let pairs = examples.compactMap(\.isOrdered)
        let swapped = pairs.count { !$0 }
        #expect(pairs.count > 900)
        #expect(abs(Double(swapped) - 0.5 * Double(pairs.count)) < 2 * Double(pairs.count).squareRoot())
        #expect(examples.allSatisfy { $0.isOrdered == nil || $0.segments.contains(1) })
    }

    /// The order that an example says it has is the one of its text, and a segment ends behind its separator.
    @Test func aPairReadsAsTheTextInTheOrderThatItSays() throws {
        let folder = try TemporaryFolder()
        let text = sampleText(documents: 40)
        let source = try source(try tokenized(text, in: folder))
        let whole = text.replacingOccurrences(of: "\n", with: "")
        for example in (0..<source.count(epoch: 0)).map({ source.example(epoch: 0, index: $0) }) {
            #expect(whole.contains(tokenizer.decode(original(example))))
            guard example.isOrdered != nil, let end = example.ids.firstIndex(of: 3) else { continue }
            #expect(example.segments[...end].allSatisfy { $0 == 0 })
            #expect(example.segments[(end + 1)...].allSatisfy { $0 == 1 })
        }
    }

    /// Half of the examples of a long document are cut short where the recipe says so, and none where it does not.
    @Test(arguments: [0, 0.5]) func theShareOfShortExamplesIsThatOfTheRecipe(share: Double) throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 1, paragraphs: 800), in: folder)
        let options = ExampleOptions { ($0.length, $0.shortShare, $0.sentenceOrder) = (64, share, false) }
        let epoch = try source(corpus, .training, options)[0]
        let short = (0..<epoch.count).count { epoch.length($0) < 64 }
        // The end of the document is one more.
        let wanted = share * Double(epoch.count)
        #expect(abs(Double(short) - wanted) <= 1 + 4 * (wanted / 2).squareRoot())
    }

    /// Cuts, order and masks each by themselves: without short examples the cuts are the same.
    @Test func cutsAndMasksAreDrawnAnewEveryEpoch() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 40), in: folder)
        func texts(_ shortShare: Double, epoch: Int) throws -> [(text: [Int32], masked: [Int32])] {
            let options = ExampleOptions { ($0.length, $0.shortShare, $0.sentenceOrder) = (40, shortShare, false) }
            let source = try source(corpus, .training, options)
            return (0..<source.count(epoch: epoch)).map { index in
                let example = source.example(epoch: epoch, index: index)
                return (original(example), example.maskedPositions)
            }
        }
        let (first, second) = (try texts(0, epoch: 0), try texts(0, epoch: 1))
        #expect(first.map(\.text) != second.map(\.text), "another order")
        #expect(Set(first.map(\.text)) == Set(second.map(\.text)))
        // Of a few tokens some are masked alike by chance, in the same text or at the same index.
        let masks = Dictionary(first.map { ($0.text, $0.masked) }) { one, _ in one }
        #expect(second.count { masks[$0.text] == $0.masked } < second.count / 4)
        #expect(zip(first, second).count { $0.masked == $1.masked } < second.count / 4)
        #expect(try Set(texts(0.5, epoch: 0).map(\.text)) != Set(texts(0.5, epoch: 1).map(\.text)))
    }

    @Test(arguments: [false, true]) func theLengthOfAnExampleIsKnownBeforeItIsMade(sentenceOrder: Bool) throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 20) + "\n\na\n", in: folder)
        let options = ExampleOptions { ($0.length, $0.sentenceOrder) = (40, sentenceOrder) }
        let epoch = try source(corpus, .training, options)[1]
        for index in 0..<epoch.count { #expect(epoch.example(index).ids.count == epoch.length(index)) }
    }

    /// Who knows the edges of both segments alone, must not know which was first: in words, and at paragraphs, which begin with `|`.
    @Test(arguments: [false, true]) func edgesDoNotTellTheOrder(hasParagraphs: Bool) throws {
        let folder = try TemporaryFolder()
        var random = RandomSequence(7)
        let words = (0..<20_000).map { _ in
            (hasParagraphs && random.below(6) == 0 ? "\n|" : " ") + String(repeating: "x", count: 1 + random.below(9))
        }
        let long = stride(from: 0, to: words.count, by: 1000).map { words[$0..<$0 + 1000].joined() + "\n" }
        let corpus = try tokenized(long.joined(separator: "\n"), in: folder)
        func shares(_ ends: ExampleOptions.PairEnds?) throws -> (first: Double, second: Double) {
            let options = ExampleOptions { ($0.length, $0.shortShare, $0.pairEnds) = (83, 0.1, ends) }
            let source = try source(corpus, .training, options)
            var (count, first, second) = (0.0, 0.0, 0.0)
            for index in 0..<source.count(epoch: 0) {
                let example = source.example(epoch: 0, index: index)
                guard let isOrdered = example.isOrdered, example.ids.count > 12 else { continue }
                var ids = example.ids
                for (position, label) in zip(example.maskedPositions, example.maskedLabels) {
                    ids[Int(position)] = label
                }
                let starts = [1, (example.segments.firstIndex(of: 1) ?? 0)].map { start in
                    ids[start] == Int32(UInt8(ascii: hasParagraphs ? "|" : " ")) + 5 ? 1.0 : 0
                }
                count += 1
                first += starts[isOrdered ? 0 : 1]
                second += starts[isOrdered ? 1 : 0]
            }
            return (first / count, second / count)
        }
        let (atWords, anywhere) = (try shares(.words), try shares(nil))
        #expect(abs(atWords.first - atWords.second) < 0.07, "\(atWords)")
        #expect(anywhere.second - anywhere.first > 0.2, "\(anywhere)")
        if !hasParagraphs { #expect(min(atWords.first, atWords.second) > 0.99, "\(atWords)") }
    }

    @Test func withoutSentenceOrderThereAreNoPairs() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 20), in: folder)
        let source = try source(corpus, .training, ExampleOptions { ($0.length, $0.sentenceOrder) = (40, false) })
        let example = source.example(epoch: 0, index: 0)
        #expect(example.isOrdered == nil && !example.segments.contains(1))
        #expect(example.ids.first == 2 && example.ids.last == 3 && example.ids.count { $0 == 3 } == 1)
    }

    @Test func theHeldOutPartIsDisjointAndNeverEmpty() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(sampleText(documents: 3), in: folder)
        let source = try source(corpus, .heldOut)
        #expect(source.count(epoch: 0) > 0)
        let single = try tokenized(sampleText(documents: 1, paragraphs: 10), in: folder)
        #expect(try self.source(single, .heldOut).count(epoch: 0) > 0)
        let one = try tokenized("only one paragraph\n", in: folder)
        #expect(
            message(in: folder.url) { _ = try CorpusSplit(one, heldOut: 0.1) }
                == "corpus: a single paragraph; nothing is left to hold out")
    }

    /// One document of two is held out, however long: the first, by its hash.
    @Test func aLongDocumentThatIsHeldOutIsTold() throws {
        let folder = try TemporaryFolder()
        for (first, second, isTold) in [(1000, 1, true), (1, 1000, false)] {
            let corpus = try tokenized(
                String(repeating: "aaab\n", count: first) + "\n" + String(repeating: "b\n", count: second), in: folder)
            let surplus = try CorpusSplit(corpus, heldOut: 0.05).surplus(of: corpus, over: 0.05)
            #expect((surplus?.hasPrefix("corpus.heldOut is 5%, but 100% of the text is held out") ?? false) == isTold)
            #expect((surplus == nil) == !isTold, "\(surplus ?? "")")
        }
    }

    /// Fifty documents of forty bytes, and thirty short ones that are alike.
    @Test func heldOutDocumentsThatAreLearnedFromTooAreTold() throws {
        let folder = try TemporaryFolder()
        let documents = (0..<50).map { number in String(repeating: "\(number) ", count: 40) }
        let short = [String](repeating: "short and alike", count: 30)
        func copies(_ text: [String]) throws -> String? {
            let corpus = try tokenized(text.joined(separator: "\n\n") + "\n", in: folder)
            return try CorpusSplit(corpus, heldOut: 0.2).copies(in: corpus)
        }
        #expect(try copies(documents + short) == nil)
        let told = try copies(documents + short + documents.reversed())
        let found = try #require(
            told?.firstMatch(of: #/^([0-9]+) of ([0-9]+) held-out documents are learned from too/#))
        let (some, all) = (Int(found.1) ?? 0, Int(found.2) ?? 0)
        // Each has a copy, but for pairs that are both held out, and the short ones.
        #expect(some > all / 3 && some < all, "\(told ?? "")")
    }

    @Test func theUnigramBaselineIsTheShareOfTheMostFrequentToken() throws {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(String(repeating: "aaab\n\n", count: 50), in: folder)
        let baseline = UnigramBaseline(corpus, try CorpusSplit(corpus, heldOut: 0.2), vocabularySize: 261)
        #expect(baseline.token == Int32(UInt8(ascii: "a")) + 5 && baseline.accuracy == 0.75)
    }

    /// More than four billion tokens are 17 GB of text.
    @Test func anExampleMayStartFarBehind() {
        let example = ExamplePlan.Example(start: 5_000_000_000, count: 65_535)
        #expect(example.range == 5_000_000_000..<5_000_065_535 && example.count == 65_535)
    }
}
