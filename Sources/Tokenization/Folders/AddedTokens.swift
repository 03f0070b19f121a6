/// `added_tokens` of a `tokenizer.json`.
struct AddedTokens {
    private let part: TokenizerPart
    private var all: [(id: Int, content: String)] = []
    /// Those that are found in texts.
    private(set) var ofTexts: [TextPipeline.AddedToken] = []

    init(_ part: TokenizerPart) throws {
        self.part = part
        for value in part.value.list ?? [] {
            let token = TokenizerPart(value: value, place: part.place)
            guard let id = value["id"].integer, let content = value["content"].text, id >= 0, id < 10_000_000 else {
                throw part.refusal("wanted an id and a content, found \(value)")
            }
            all.append((id, content))
            guard try !token.truth("special", false) else { continue }
            for key in ["single_word", "lstrip", "rstrip"] where try token.truth(key, false) {
                throw part.refusal("'\(key)' of '\(content)' is not implemented")
            }
            ofTexts.append(
                TextPipeline.AddedToken(
                    id: Int32(id), content: content, isNormalized: try token.truth("normalized", true)))
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
