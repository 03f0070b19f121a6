/// A small sentiment task in the shape of SST-2: sentences in lower case, tokens apart, labelled 0 or 1.
///
/// The training rows use the known sentiment words only. Most rows of the other splits use held-out words only,
/// which `SampleText` uses like the known ones: whoever has read the text can tell what they mean, and nobody else.
public struct SampleSentimentTask: Sendable {
    public struct Row: Sendable, Equatable {
        public let sentence: String
        /// 1 where the sentence praises, 0 where it blames.
        public let label: Int
    }

    public let train: [Row]
    public let dev: [Row]
    public let test: [Row]

    /// Share of the dev and test rows whose sentiment words all are absent from the training rows.
    public static let heldOutShare = 2.0 / 3

    /// Each split holds as many sentences of label 0 as of label 1 (one more of label 1 where its count is odd).
    /// No sentence occurs twice, neither in one split nor in two; there are words for some ten thousand rows.
    public init(seed: UInt64, trainCount: Int = 400, devCount: Int = 800, testCount: Int = 400) {
        var author = SentimentAuthor(seed: seed)
        train = author.rows(trainCount, heldOutShare: 0)
        dev = author.rows(devCount, heldOutShare: Self.heldOutShare)
        test = author.rows(testCount, heldOutShare: Self.heldOutShare)
    }
}

/// Writes the rows, and remembers every sentence so as to write none twice.
struct SentimentAuthor {
    private var random: SplitMix64
    private var writer = SentenceWriter()
    private var written: Set<String> = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed).forked(.max)
    }

    mutating func rows(_ count: Int, heldOutShare: Double) -> [SampleSentimentTask.Row] {
        let heldOutCount = Int((Double(count) * heldOutShare).rounded())
        var rows = (0..<count).map { number in
            row(label: 1 - number % 2, share: number < heldOutCount ? .heldOut : .known)
        }
        random.shuffle(&rows)
        return rows
    }

    private mutating func row(label: Int, share: SentimentShare) -> SampleSentimentTask.Row {
        var sentence: String
        repeat {
            sentence = self.sentence(label == 1 ? .positive : .negative, share)
        } while !written.insert(sentence).inserted
        return SampleSentimentTask.Row(sentence: sentence, label: label)
    }

    private mutating func sentence(_ polarity: Polarity, _ share: SentimentShare) -> String {
        let opinions = Opinions(topic: random.pick(Topic.allCases), polarity: polarity, share: share)
        var scene = Scene(cast: [], tense: .past, opinions: opinions, &random)
        writer.removeAll()
        random.pick(frames()).write(to: &writer, &scene, &random)
        return Self.tokenized(writer.text)
    }

    /// Three sentences of four are plain, one of eight negates, one of eight contrasts.
    private mutating func frames() -> [Frame] {
        switch random.below(8) {
        case 0: SentimentFrames.negated
        case 1: SentimentFrames.contrasting
        default: SentimentFrames.plain
        }
    }

    /// SST-2's spelling: lower case, punctuation between spaces.
    private static func tokenized(_ sentence: String) -> String {
        var tokens = ""
        for character in sentence.lowercased() {
            if ",.".contains(character) { tokens.append(" ") }
            tokens.append(character)
        }
        return tokens
    }
}
