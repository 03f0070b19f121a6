/// Finds sentences of a dev set that stand word for word in a pretraining corpus.
///
/// Words are runs of letters and digits in lower case, so that spacing and punctuation do not hide a sentence, and characters of
/// scripts that put no spaces between words; of fewer than `shortest` words a sentence says nothing.
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
        let runs = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        // All below U+0800, where scripts have spaces.
        guard runs.contains(where: { $0.utf8.contains { $0 >= 0xE0 } }) else { return runs }
        return runs.flatMap { run in
            var (words, start) = ([Substring](), run.startIndex)
            for index in run.indices where isWithoutSpaces(run[index]) {
                if start < index { words.append(run[start..<index]) }
                start = run.index(after: index)
                words.append(run[index..<start])
            }
            return start < run.endIndex ? words + [run[start...]] : words
        }
    }

    /// Thai, Lao, Burmese, Khmer, Chinese and Japanese.
    private static func isWithoutSpaces(_ character: Character) -> Bool {
        switch character.unicodeScalars.first?.value ?? 0 {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x2E80...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
            true
        default: false
        }
    }
}
