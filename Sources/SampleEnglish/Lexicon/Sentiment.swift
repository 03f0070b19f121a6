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

enum Polarity: Int, Sendable, CaseIterable {
    case negative, positive

    var opposite: Polarity { self == .positive ? .negative : .positive }
}

/// What can be reviewed, and the words that fit nothing else.
enum Topic: String, Sendable, CaseIterable {
    case film, book, restaurant, hotel

    func words(_ polarity: Polarity, _ share: SentimentShare) -> [String] {
        let general = polarity == .positive ? Self.praise : Self.blame
        return general.words(share) + own(polarity).words(share)
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
        known: "good great wonderful excellent pleasant",
        heldOut: "superb splendid fantastic brilliant delightful perfect lovely")
    static let blame = SentimentWords(
        known: "bad terrible awful poor unpleasant",
        heldOut: "horrible dreadful miserable disappointing pathetic annoying lousy")

    static let storyPraise = SentimentWords(
        known: "gripping funny touching", heldOut: "thrilling witty moving charming")
    static let storyBlame = SentimentWords(
        known: "boring silly confusing", heldOut: "dull tedious shallow clumsy")

    static let mealPraise = SentimentWords(
        known: "tasty fresh", heldOut: "delicious tender juicy crisp")
    static let mealBlame = SentimentWords(
        known: "bland stale", heldOut: "greasy soggy burnt rancid")

    static let roomPraise = SentimentWords(
        known: "clean comfortable", heldOut: "spotless cosy elegant spacious")
    static let roomBlame = SentimentWords(
        known: "dirty noisy", heldOut: "filthy shabby damp cramped")
}
