/// What happens to a text before pieces are searched in it: added tokens are found, the rest is normalized and split.
struct TextPipeline: Sendable {
    var normalizers: [TextNormalizer]
    /// One after another; with none, the text is one word.
    var splitters: [WordSplitter]
    /// Those that a text may hold. The five of every model are not among them: in a text, `[MASK]` is six characters.
    var added: [AddedToken] = []

    struct AddedToken: Sendable, Equatable {
        let id: Int32
        let content: String
        /// Whether it is searched behind the normalizer, normalized itself.
        let isNormalized: Bool
        /// Whether decoding may leave it out.
        var isSpecial = false
        /// Whether the vocabulary has it too, so that words are spelled by it.
        var isPiece = true
    }

    /// As BERT has it.
    static func bert(_ normalizer: BertNormalizer) -> TextPipeline {
        TextPipeline(normalizers: [.bert(normalizer)], splitters: [.bert])
    }

    enum Part {
        /// A word in UTF-8.
        case word(ArraySlice<UInt8>)
        case added(Int32)
    }

    /// Calls `body` with the parts of `text`, in order.
    func eachPart(of text: String, _ body: (Part) -> Void) {
        let scalars = Array(text.unicodeScalars)
        guard !added.isEmpty else { return eachWord(of: normalized(scalars), isFirst: true, body) }
        let early = added.filter { !$0.isNormalized }.map { ($0.id, Array($0.content.unicodeScalars)) }
        let late = added.filter(\.isNormalized).map { ($0.id, normalized(Array($0.content.unicodeScalars))) }
        var isFirst = true
        cut(scalars, at: early, body) { part in
            cut(normalized(part), at: late, body) { part in
                eachWord(of: part, isFirst: isFirst, body)
                isFirst = false
            }
            isFirst = false
        }
    }

    private func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        normalizers.reduce(text) { text, normalizer in normalizer(text) }
    }

    /// Finds `tokens` in `text`, the longest of those that begin first.
    private func cut(
        _ text: [Unicode.Scalar], at tokens: [(id: Int32, content: [Unicode.Scalar])], _ found: (Part) -> Void,
        rest: ([Unicode.Scalar]) -> Void
    ) {
        var (start, index) = (0, 0)
        while index < text.count {
            let matching = tokens.filter { !$0.content.isEmpty && text[index...].starts(with: $0.content) }
            if let longest = matching.max(by: { $0.content.count < $1.content.count }) {
                if start < index { rest(Array(text[start..<index])) }
                found(.added(longest.id))
                index += longest.content.count
                start = index
            } else {
                index += 1
            }
        }
        if start < text.count { rest(Array(text[start...])) }
    }

    private func eachWord(of text: [Unicode.Scalar], isFirst: Bool, _ body: (Part) -> Void) {
        var utf8: [UInt8] = []
        func hand(_ word: ArraySlice<Unicode.Scalar>) {
            utf8.removeAll(keepingCapacity: true)
            for scalar in word {
                if scalar.isASCII { utf8.append(UInt8(scalar.value)) } else { utf8 += Array(String(scalar).utf8) }
            }
            body(.word(utf8[...]))
        }
        func split(_ word: [Unicode.Scalar], _ isFirst: Bool, _ splitters: ArraySlice<WordSplitter>) {
            guard let splitter = splitters.first else {
                if !word.isEmpty { hand(word[...]) }
                return
            }
            let rest = splitters.dropFirst()
            var isFirst = isFirst
            splitter.eachWord(of: word, isFirst: isFirst) { word in
                if rest.isEmpty { hand(word) } else { split(Array(word), isFirst, rest) }
                isFirst = false
            }
        }
        split(text, isFirst, splitters[...])
    }
}
