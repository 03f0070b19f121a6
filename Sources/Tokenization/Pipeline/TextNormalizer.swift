/// One step of what `tokenizer.json` calls its normalizer.
enum TextNormalizer: Sendable {
    case bert(BertNormalizer)
    case form(UnicodeForm)
    case lowercase
    /// Takes combining marks of all three kinds out, those that characters are not composed with; BERT's own normalizer the
    /// nonspacing ones alone.
    case stripAccents
    /// White space at the ends.
    case strip(left: Bool, right: Bool)
    case replace([Unicode.Scalar], with: [Unicode.Scalar])
    /// Two spaces or more become one.
    case mergeSpaces
    /// The compiled normalization of a SentencePiece model.
    case compiled(CharacterMap, base64: String)

    func callAsFunction(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        switch self {
        case .bert(let bert): return bert(text)
        case .form(let form): return form(text)
        case .lowercase: return text.lowercased
        case .stripAccents:
            return text.filter {
                ![.nonspacingMark, .spacingMark, .enclosingMark].contains($0.properties.generalCategory)
            }
        case .strip(let left, let right):
            var rest = text[...]
            while left, rest.first?.isSpace == true { rest.removeFirst() }
            while right, rest.last?.isSpace == true { rest.removeLast() }
            return Array(rest)
        case .replace(let pattern, let content): return Self.replacing(pattern, with: content, in: text)
        case .mergeSpaces:
            return text.indices.filter { $0 == 0 || text[$0] != " " || text[$0 - 1] != " " }.map { text[$0] }
        case .compiled(let map, _): return map.normalized(text)
        }
    }

    /// How many times as long a text may become, of the steps that a file can make as long as it likes.
    var growth: Double {
        switch self {
        case .replace(let pattern, let content): max(1, Double(content.count) / Double(max(1, pattern.count)))
        case .compiled(let map, _): Double(max(1, map.longestReplacement))
        default: 1
        }
    }

    private static func replacing(
        _ pattern: [Unicode.Scalar], with content: [Unicode.Scalar], in text: [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        // That is nowhere, as tokenizers has it.
        guard !pattern.isEmpty else { return text }
        var (result, rest): ([Unicode.Scalar], ArraySlice<Unicode.Scalar>) = ([], text[...])
        while let first = rest.first {
            if rest.starts(with: pattern) {
                result += content
                rest = rest.dropFirst(pattern.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
