/// Sentiment words of one polarity: those that the task's training rows use, and those that they never use.
///
/// The reviews of the pretraining text use both alike, so only who has read them knows what the held-out ones mean.
struct SentimentWords: Sendable {
    let known: [String]
    let heldOut: [String]

    init(known: String, heldOut: String) {
        self.known = known.split(separator: " ").map(String.init)
        self.heldOut = heldOut.split(separator: " ").map(String.init)
    }

    func words(_ share: SentimentShare) -> [String] {
        switch share {
        case .known: known
        case .heldOut: heldOut
        case .all: known + heldOut
        }
    }
}

enum SentimentShare: Sendable {
    case known, heldOut, all
}

/// What can be reviewed, and the words that fit nothing else.
enum Topic: String, Sendable, CaseIterable {
    case film, book, restaurant, hotel

    func words(_ polarity: Polarity, _ share: SentimentShare) -> [String] {
        let general = polarity == .positive ? Self.praise : Self.blame
        return general.words(share) + own(polarity).words(share)
    }

    /// The words that fit the thing as a whole: the meat may be juicy, the restaurant is not.
    func wordsForTheWhole(_ polarity: Polarity, _ share: SentimentShare) -> [String] {
        let general = polarity == .positive ? Self.praise : Self.blame
        return self == .restaurant ? general.words(share) : words(polarity, share)
    }

    private func own(_ polarity: Polarity) -> SentimentWords {
        switch (self, polarity) {
        case (.film, .positive), (.book, .positive): Self.storyPraise
        case (.film, .negative), (.book, .negative): Self.storyBlame
        case (.restaurant, .positive): Self.mealPraise
        case (.restaurant, .negative): Self.mealBlame
        case (.hotel, .positive): Self.roomPraise
        case (.hotel, .negative): Self.roomBlame
        }
    }

    static let praise = SentimentWords(
        known: "good great wonderful excellent", heldOut: "superb splendid brilliant delightful lovely")
    static let blame = SentimentWords(
        known: "bad terrible nasty poor", heldOut: "horrible dreadful miserable pathetic lousy")

    static let storyPraise = SentimentWords(known: "gripping funny", heldOut: "thrilling witty charming")
    static let storyBlame = SentimentWords(known: "boring silly", heldOut: "tedious shallow clumsy")

    static let mealPraise = SentimentWords(known: "tasty fresh", heldOut: "delicious tender juicy")
    static let mealBlame = SentimentWords(known: "bland stale", heldOut: "greasy soggy rancid")

    static let roomPraise = SentimentWords(known: "clean comfortable", heldOut: "spotless cosy elegant")
    static let roomBlame = SentimentWords(known: "dirty noisy", heldOut: "filthy shabby damp")
}
