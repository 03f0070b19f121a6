/// What `tokenizer.json` calls a pre-tokenizer: text to the words that a vocabulary's pieces are searched in.
enum WordSplitter: Sendable, Equatable {
    /// At white space and around every punctuation character (`BertPreTokenizer`).
    case bert
    /// Runs of word characters and runs of others (`Whitespace`).
    case wordsAndOthers
    /// At white space (`WhitespaceSplit`).
    case whitespace
    /// A mark in the place of every space, and in front of the text; words begin with it (`Metaspace`).
    case metaspace(mark: Unicode.Scalar, prepends: Prepending, splits: Bool)

    enum Prepending: String, Sendable {
        case always, first, never
    }

    /// Calls `body` with every word of `text`, which begins where the whole text does or behind an added token.
    func eachWord(of text: [Unicode.Scalar], isFirst: Bool, _ body: (ArraySlice<Unicode.Scalar>) -> Void) {
        switch self {
        case .bert: runs(of: text, body) { $0.isSpace ? .space : $0.isPunctuation ? .alone : .run(0) }
        case .wordsAndOthers: runs(of: text, body) { $0.isWordCharacter ? .run(0) : $0.isSpace ? .space : .run(1) }
        case .whitespace: runs(of: text, body) { $0.isSpace ? .space : .run(0) }
        case .metaspace(let mark, let prepends, let splits):
            guard !text.isEmpty else { return }
            var marked = text.map { $0 == " " ? mark : $0 }
            if marked[0] != mark, prepends == .always || prepends == .first && isFirst { marked.insert(mark, at: 0) }
            guard splits else { return body(marked[...]) }
            var start = 0
            for index in marked.indices.dropFirst() where marked[index] == mark {
                body(marked[start..<index])
                start = index
            }
            body(marked[start...])
        }
    }

    private enum Kind: Equatable {
        case space, alone
        case run(Int)
    }

    private func runs(
        of text: [Unicode.Scalar], _ body: (ArraySlice<Unicode.Scalar>) -> Void, _ kind: (Unicode.Scalar) -> Kind
    ) {
        var (start, last) = (0, Kind.space)
        for (index, scalar) in text.enumerated() {
            let kind = kind(scalar)
            if kind == .alone || kind != last {
                if last != .space { body(text[start..<index]) }
                start = index
            }
            last = kind
        }
        if last != .space { body(text[start...]) }
    }
}
