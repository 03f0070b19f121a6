import JSON

extension TextPipeline {
    /// The `normalizer` of a `tokenizer.json`.
    var normalizerJSON: JSONValue { Self.sequence(normalizers.map(\.json), "normalizers") }

    /// Its `pre_tokenizer`.
    var splitterJSON: JSONValue { Self.sequence(splitters.map(\.json), "pretokenizers") }

    private static func sequence(_ steps: [JSONValue], _ key: String) -> JSONValue {
        guard let first = steps.first else { return .null }
        guard steps.count > 1 else { return first }
        return .object([
            JSONValue.Member(key: "type", value: "Sequence"), JSONValue.Member(key: key, value: .list(steps)),
        ])
    }
}

extension TextNormalizer {
    var json: JSONValue {
        switch self {
        case .bert(let bert):
            [
                "type": "BertNormalizer", "clean_text": .truth(bert.cleansText),
                "handle_chinese_chars": .truth(bert.separatesCJK),
                "strip_accents": bert.stripsAccents.map { .truth($0) } ?? .null, "lowercase": .truth(bert.lowercase),
            ]
        case .form(let form): ["type": .text(form.rawValue)]
        case .lowercase: ["type": "Lowercase"]
        case .stripAccents: ["type": "StripAccents"]
        case .strip(let left, let right):
            ["type": "Strip", "strip_left": .truth(left), "strip_right": .truth(right)]
        case .replace(let pattern, let content):
            ["type": "Replace", "pattern": ["String": .text(pattern.text)], "content": .text(content.text)]
        case .mergeSpaces: ["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "]
        case .compiled(_, let base64): ["type": "Precompiled", "precompiled_charsmap": .text(base64)]
        }
    }
}

extension WordSplitter {
    var json: JSONValue {
        switch self {
        case .bert: ["type": "BertPreTokenizer"]
        case .wordsAndOthers: ["type": "Whitespace"]
        case .whitespace: ["type": "WhitespaceSplit"]
        case .metaspace(let mark, let prepends, let splits):
            [
                "type": "Metaspace", "replacement": .text(String(mark)), "prepend_scheme": .text(prepends.rawValue),
                "split": .truth(splits),
            ]
        }
    }
}

extension [Unicode.Scalar] {
    fileprivate var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self)
        return String(view)
    }
}
