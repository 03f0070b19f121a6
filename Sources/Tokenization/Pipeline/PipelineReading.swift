import JSON

/// A part of `tokenizer.json`, which says by its name what we do not implement.
struct TokenizerPart {
    let value: JSONValue
    /// `tokenizer.json: normalizer`
    let place: String

    var type: String { value["type"].text ?? "" }

    /// - Throws: where it has another key with a value than those of `keys`.
    func allow(_ keys: String...) throws {
        let other = value.members?.first { !(["type"] + keys).contains($0.key) && $0.value != .null }
        if let other { throw refusal("'\(other.key)' of \(type) is not implemented") }
    }

    func truth(_ key: String, _ standard: Bool) throws -> Bool {
        if value[key] == .null { return standard }
        guard let truth = value[key].truth else { throw refusal("'\(key)' is \(value[key]); wanted true or false") }
        return truth
    }

    func text(_ key: String) throws -> String {
        guard let text = value[key].text else { throw refusal("'\(key)' is \(value[key]); wanted a text") }
        return text
    }

    func refusal(_ problem: String) -> TokenizationError { TokenizationError(place, problem) }

    /// The steps of a `Sequence` under `key`, of a single one, or none.
    func steps(_ key: String) throws -> [TokenizerPart] {
        if value == .null { return [] }
        guard type == "Sequence" else { return [self] }
        guard let steps = value[key].list else { throw refusal("a Sequence without '\(key)'") }
        return try steps.flatMap { try TokenizerPart(value: $0, place: place).steps(key) }
    }
}

extension TextNormalizer {
    /// All steps, which together make no text more than `mostGrowth` times as long: each may be harmless, and forty of them not end.
    static func steps(_ part: TokenizerPart) throws -> [TextNormalizer] {
        let steps = try part.steps("normalizers").map(TextNormalizer.init)
        guard steps.reduce(1, { $0 * $1.growth }) <= mostGrowth else {
            throw part.refusal("its steps can make a text more than \(Int(mostGrowth)) times as long")
        }
        return steps
    }

    private static let mostGrowth = 1000.0

    init(_ part: TokenizerPart) throws {
        switch part.type {
        case "BertNormalizer":
            try part.allow("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
            let stripsAccents = part.value["strip_accents"] == .null ? nil : try part.truth("strip_accents", true)
            self = .bert(
                BertNormalizer(
                    cleansText: try part.truth("clean_text", true),
                    separatesCJK: try part.truth("handle_chinese_chars", true), stripsAccents: stripsAccents,
                    lowercase: try part.truth("lowercase", true)))
        case "Lowercase":
            try part.allow()
            self = .lowercase
        case "StripAccents":
            try part.allow()
            self = .stripAccents
        case "Strip":
            try part.allow("strip_left", "strip_right")
            self = .strip(left: try part.truth("strip_left", true), right: try part.truth("strip_right", true))
        case "Replace":
            try part.allow("pattern", "content")
            let content = try part.text("content")
            if let pattern = part.value["pattern"]["String"].text {
                self = .replace(Array(pattern.unicodeScalars), with: Array(content.unicodeScalars))
            } else {
                guard part.value["pattern"] == ["Regex": " {2,}"], content == " " else {
                    throw part.refusal("the pattern \(part.value["pattern"]) of Replace is not implemented")
                }
                self = .mergeSpaces
            }
        case "Precompiled":
            try part.allow("precompiled_charsmap")
            let base64 = try part.text("precompiled_charsmap")
            guard let bytes = CharacterMap.bytes(base64: base64), CharacterMap(bytes).isSound else {
                throw part.refusal("damaged: its character map points outside of itself")
            }
            self = .compiled(CharacterMap(bytes), base64: base64)
        default:
            try part.allow()
            guard let form = UnicodeForm(rawValue: part.type) else {
                throw part.refusal(
                    "\(part.type.isEmpty ? "\(part.value)" : part.type) is not implemented; wanted BertNormalizer, NFC, NFD, NFKC, NFKD, "
                        + "Lowercase, StripAccents, Strip, Replace, Precompiled or a Sequence of these")
            }
            self = .form(form)
        }
    }
}

extension WordSplitter {
    init(_ part: TokenizerPart) throws {
        switch part.type {
        case "BertPreTokenizer":
            try part.allow()
            self = .bert
        case "Whitespace":
            try part.allow()
            self = .wordsAndOthers
        case "WhitespaceSplit":
            try part.allow()
            self = .whitespace
        case "Metaspace":
            try part.allow("replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep")
            let mark = Array(try part.text("replacement").unicodeScalars)
            guard mark.count == 1 else { throw part.refusal("the replacement of Metaspace is not one character") }
            // Files of before there was a scheme say it by add_prefix_space.
            let scheme = part.value["prepend_scheme"].text
            let prepends = Prepending(
                rawValue: try scheme ?? (part.truth("add_prefix_space", true) ? "always" : "never"))
            guard let prepends else { throw part.refusal("'prepend_scheme' is '\(scheme ?? "")'") }
            self = .metaspace(mark: mark[0], prepends: prepends, splits: try part.truth("split", true))
        default:
            throw part.refusal(
                "\(part.type.isEmpty ? "\(part.value)" : part.type) is not implemented; wanted BertPreTokenizer, Whitespace, "
                    + "WhitespaceSplit, Metaspace or a Sequence of these")
        }
    }
}
