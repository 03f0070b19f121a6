/// `added_tokens` of a `tokenizer.json`.
struct AddedTokens {
    private let part: TokenizerPart
    private var all: [(id: Int, content: String)] = []
    /// Those that are found in texts.
    private(set) var ofTexts: [TextPipeline.AddedToken] = []
    /// Those that are special, and what stands against finding them in texts.
    private(set) var special: [(token: TextPipeline.AddedToken, problem: TokenizationError?)] = []

    /// - Parameter vocabulary: pieces of the model by their ids; nil of one whose pieces they all are.
    init(_ part: TokenizerPart, vocabulary: [String]? = nil) throws {
        self.part = part
        func isPiece(_ content: String, _ id: Int) -> Bool {
            vocabulary.map { id < $0.count && $0[id].utf8.elementsEqual(content.utf8) } ?? true
        }
        for value in part.value.list ?? [] {
            let token = TokenizerPart(value: value, place: part.place)
            guard let id = value["id"].integer, let content = value["content"].text, id >= 0, id < 10_000_000 else {
                throw part.refusal("wanted an id and a content, found \(value)")
            }
            all.append((id, content))
            let isSpecial = try token.truth("special", false)
            let problem = try ["single_word", "lstrip", "rstrip"].first { try token.truth($0, false) }.map {
                part.refusal("'\($0)' of '\(content)' is not implemented")
            }
            let added = TextPipeline.AddedToken(
                id: Int32(id), content: content, isNormalized: try token.truth("normalized", !isSpecial),
                isSpecial: isSpecial, isPiece: isPiece(content, id))
            if isSpecial {
                special.append((added, problem))
            } else if let problem {
                throw problem
            } else {
                ofTexts.append(added)
            }
        }
    }

    /// `pieces` with those that are not among them.
    func joined(_ pieces: [String]) throws -> [String] {
        var joined = pieces
        for (id, content) in all {
            if id >= joined.count { joined += Array(repeating: "", count: id + 1 - joined.count) }
            guard joined[id].isEmpty || joined[id].utf8.elementsEqual(content.utf8) else {
                throw part.refusal("'\(content)' has the id \(id), which is '\(joined[id])' in the vocabulary")
            }
            joined[id] = content
        }
        return joined
    }
}
