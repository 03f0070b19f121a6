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
    ///
    /// - Throws: where one has another id than the tokenizers library gives it, which heeds no `id`: a piece has the vocabulary's, and
    ///   another token the next one behind all.
    func joined(_ pieces: [String]) throws -> [String] {
        var (joined, known) = (pieces, [[UInt8]: Int]())
        for (id, piece) in pieces.enumerated() where !piece.isEmpty { known[Array(piece.utf8)] = id }
        let size = known.count
        var last: Int?
        for (id, content) in all {
            if id >= joined.count { joined += Array(repeating: "", count: id + 1 - joined.count) }
            guard joined[id].isEmpty || joined[id].utf8.elementsEqual(content.utf8) else {
                throw part.refusal("'\(content)' has the id \(id), which is '\(joined[id])' in the vocabulary")
            }
            let wanted = known[Array(content.utf8)] ?? max(size, last.map { $0 + 1 } ?? 0)
            guard id == wanted else {
                throw part.refusal("'\(content)' has the id \(id); wanted \(wanted), which transformers gives it")
            }
            (joined[id], known[Array(content.utf8)]) = (content, id)
            last = max(last ?? id, id)
        }
        return joined
    }
}
