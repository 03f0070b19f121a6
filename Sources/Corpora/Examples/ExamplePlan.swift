/// The examples of one epoch, as ranges of the corpus in the order in which they are used.
struct ExamplePlan: Sendable {
    /// A run of tokens, small enough that millions of them fit in memory.
    struct Example: Sendable {
        let start: UInt32
        let count: UInt16
        var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    }

    let examples: [Example]

    /// The shortest length that a shortened example is drawn from.
    private static let shortest = 8

    init(_ corpus: TokenizedCorpus, _ runs: [Range<Int>], _ options: ExampleOptions, key: UInt64, epoch: Int) {
        var random = RandomSequence(key, 1, UInt64(epoch))
        let full = options.length - (options.sentenceOrder ? 3 : 2)
        var examples: [Example] = []
        for run in runs {
            let tokens = corpus.tokens(ofParagraphs: run)
            var start = tokens.lowerBound
            while start < tokens.upperBound {
                let isShort = full > Self.shortest && random.uniform() < options.shortShare
                let length = isShort ? Self.shortest + random.below(full - Self.shortest) : full
                let count = min(length, tokens.upperBound - start)
                examples.append(Example(start: UInt32(start), count: UInt16(count)))
                start += count
            }
        }
        random.shuffle(&examples)
        self.examples = examples
    }
}
