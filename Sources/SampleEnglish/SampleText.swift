/// Endless English-like documents, the same for the same seed on every platform.
///
/// A document is an array of paragraphs of several sentences. Its genre, its cast and its opinions are drawn once, so
/// that most words follow from others: verbs from their subjects and times, things from what is done with them,
/// pronouns from names, praise from praise, and each sentence from the one before.
/// The document numbered `n` depends on the seed and on `n` alone.
public struct SampleText: Sequence, Sendable {
    public let seed: UInt64

    public init(seed: UInt64) {
        self.seed = seed
    }

    public func makeIterator() -> Iterator {
        Iterator(seeds: SplitMix64(seed: seed))
    }

    public struct Iterator: IteratorProtocol {
        fileprivate let seeds: SplitMix64
        private var number = 0
        private var writer = SentenceWriter()
        private let genres = SampleText.genres

        fileprivate init(seeds: SplitMix64) {
            self.seeds = seeds
        }

        /// The paragraphs of the next document; never nil.
        public mutating func next() -> [String]? {
            var random = seeds.forked(number)
            number += 1
            return random.pick(genres).document(&writer, &random)
        }
    }

    /// A genre is drawn as often as it stands here: reviews are half of all, for they teach what the task asks,
    /// and those of meals and rooms come twice, for films and books share their words.
    static let genres: [Genre] =
        [.story, .day, .letter, .dialogue, .animalPortrait, .instructions]
        + [.filmReview, .bookReview, .restaurantReview, .restaurantReview, .hotelReview, .hotelReview]
}
