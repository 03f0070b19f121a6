/// Finds sentences of a dev set that stand word for word in a pretraining corpus.
///
/// Words are runs of letters and digits in lower case, so that spacing and punctuation do not hide a sentence; of fewer than
/// `shortest` words a sentence says nothing.
public struct TextOverlap {
    public static let shortest = 8

    /// The words of every sentence, by the first of them.
    private var sentences: [[Substring]: [(index: Int, words: [Substring])]] = [:]
    /// Sentences that are long enough.
    public private(set) var candidates = 0
    public private(set) var found: Set<Int> = []

    public init(_ texts: [String]) {
        for (index, text) in texts.enumerated() {
            let words = Self.words(text)
            guard words.count >= Self.shortest else { continue }
            candidates += 1
            sentences[Array(words.prefix(Self.shortest)), default: []].append((index, words))
        }
    }

    /// Looks through one paragraph of the corpus.
    public mutating func look(at paragraph: String) {
        let words = Self.words(paragraph)
        guard words.count >= Self.shortest else { return }
        for start in 0...words.count - Self.shortest {
            guard let matches = sentences[Array(words[start..<start + Self.shortest])] else { continue }
            for match in matches where words[start...].starts(with: match.words) { found.insert(match.index) }
        }
    }

    private static func words(_ text: String) -> [Substring] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }
    }
}
