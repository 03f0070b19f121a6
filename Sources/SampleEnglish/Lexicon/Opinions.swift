/// The words for what one document thinks of its topic.
struct Opinions: Sendable {
    /// The places that the polarity fills.
    enum Kind: String, Sendable, CaseIterable {
        /// A sentiment adjective of the document's polarity, or of the other one.
        case apt, unapt
        /// The same, of the thing as a whole and not of its parts.
        case aptWhole, unaptWhole
        /// `loved` or `hated`.
        case liked
        /// `luckily` or `sadly`.
        case luckily
        /// `beautifully` or `painfully`.
        case beautifully
        /// What it comes to: `I recommend it to everybody`.
        case verdict
        /// A part of the topic with its verb: `the acting was`, `the jokes were`; `partIs` in the present.
        case partWas, partIs
        /// A part that is one thing: `ending`.
        case part
        /// What the topic itself is called: `comedy`.
        case kind
    }

    /// What is written, and the word by which a repetition is known.
    private struct Choice: Sendable {
        let text: String
        let word: String
    }

    private let choices: [Kind: [Choice]]
    private var recent: [String] = []

    init(topic: Topic, polarity: Polarity, share: SentimentShare = .all) {
        let (one, several) = topic.parts
        choices = [
            .apt: Self.plain(topic.words(polarity, share)),
            .unapt: Self.plain(topic.words(polarity.opposite, share)),
            .aptWhole: Self.plain(topic.wordsForTheWhole(polarity, share)),
            .unaptWhole: Self.plain(topic.wordsForTheWhole(polarity.opposite, share)),
            .beautifully: Self.plain(polarity.beautifully),
            .liked: Self.plain(polarity.liked),
            .luckily: Self.plain(polarity.luckily),
            .verdict: Self.plain(topic.verdicts(polarity)),
            .partWas: Self.clauses(one, "was") + Self.clauses(several, "were"),
            .partIs: Self.clauses(one, "is") + Self.clauses(several, "are"),
            .part: Self.plain(one),
            .kind: Self.plain(topic.kinds),
        ]
    }

    /// A choice of the kind whose word is not among the last four drawn, unless all are.
    mutating func draw(_ kind: Kind, _ random: inout SplitMix64) -> String {
        guard let choices = choices[kind] else { return "" }
        var choice = random.pick(choices)
        for _ in 0..<8 where recent.contains(choice.word) { choice = random.pick(choices) }
        recent.append(choice.word)
        if recent.count > 4 { recent.removeFirst() }
        return choice.text
    }

    private static func plain(_ words: [String]) -> [Choice] {
        words.map { Choice(text: $0, word: $0) }
    }

    private static func clauses(_ nouns: [String], _ verb: String) -> [Choice] {
        nouns.map { Choice(text: "the \($0) \(verb)", word: $0) }
    }
}
