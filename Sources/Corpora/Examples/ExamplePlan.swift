/// The examples of one epoch, as ranges of the corpus in the order in which they are used.
struct ExamplePlan: Sendable {
    /// A run of tokens in eight bytes, of which a corpus has millions: where it starts, below 2^48, and its length.
    struct Example: Sendable {
        private let packed: UInt64

        init(start: Int, count: Int) { packed = UInt64(start) << 16 | UInt64(UInt16(count)) }

        var range: Range<Int> {
            let start = Int(packed >> 16)
            return start..<start + count
        }
        var count: Int { Int(packed & 0xFFFF) }
    }

    let examples: [Example]

    /// The shortest length that a shortened example is drawn from.
    private static let shortest = 8

    /// - Parameter end: where an example from a token to another, before the end of its document, ends in the place of that.
    init(
        _ corpus: TokenizedCorpus, _ runs: [Range<Int>], _ options: ExampleOptions, key: UInt64, epoch: Int,
        end: (Range<Int>) -> Int
    ) {
        var random = RandomSequence(key, 1, UInt64(epoch))
        let full = options.length - (options.sentenceOrder ? 3 : 2)
        var examples: [Example] = []
        for run in runs {
            let tokens = corpus.tokens(ofParagraphs: run)
            var start = tokens.lowerBound
            while start < tokens.upperBound {
                let isShort = full > Self.shortest && random.uniform() < options.shortShare
                let length = isShort ? Self.shortest + random.below(full - Self.shortest) : full
                var count = min(length, tokens.upperBound - start)
                if count < tokens.upperBound - start { count = end(start..<start + count) - start }
                examples.append(Example(start: start, count: count))
                start += count
            }
        }
        random.shuffle(&examples)
        self.examples = examples
    }
}
