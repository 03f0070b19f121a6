import Foundation
import JSON

/// `tokenizer_config.json`: what it says about ids is honoured or refused.
struct TokenizerConfiguration {
    private let json: JSONValue
    private let place: String
    private let tokens: TokensBeside
    private let className: String?
    /// The file that says the class.
    private let classPlace: String
    /// Whether no class is said, and a BERT beside it has transformers take its own.
    private let isOfBert: Bool
    static let name = "tokenizer_config.json"
    /// The configuration of the model.
    static let modelName = "config.json"
    static let longestKey = "model_max_length"
    /// Its name of before 2020.
    private static let oldLongestKey = "max_len"
    static let inputsKey = "model_input_names"
    private static let className = "tokenizer_class"

    /// That of `folder`; empty where there is none.
    init(of folder: URL) throws {
        place = folder.appendingPathComponent(Self.name).relativePath
        json = try Self.object(Self.name, of: folder)
        tokens = try TokensBeside(of: folder, json)
        // A config.json says it for older folders.
        let isOwn = json[Self.className] != .null
        let model = try isOwn ? .object([]) : Self.object(Self.modelName, of: folder)
        let name = (isOwn ? json : model)[Self.className]
        className = name.text
        isOfBert = model["model_type"].text == "bert"
        classPlace = isOwn ? place : folder.appendingPathComponent(Self.modelName).relativePath
        guard name == .null || className != nil else {
            throw TokenizationError(classPlace, "'\(Self.className)' is \(name); wanted a name")
        }
        guard json["truncation_side"] == .null || json["truncation_side"] == "right" else {
            throw TokenizationError(place, "'truncation_side' is \(json["truncation_side"]); wanted \"right\"")
        }
        let wanted: [(key: String, what: String, isRight: (JSONValue) -> Bool)] = [
            (Self.longestKey, "a number", { $0.number != nil }), (Self.oldLongestKey, "a number", { $0.number != nil }),
            ("never_split", "a list", { $0.list != nil }),
            (Self.inputsKey, "names", { $0.list?.allSatisfy { $0.text != nil } == true }),
        ]
        for (key, what, isRight) in wanted where json[key] != .null && !isRight(json[key]) {
            throw TokenizationError(place, "'\(key)' is \(json[key]); wanted \(what)")
        }
    }

    /// The object in a file of `folder`; empty where there is none.
    static func object(_ name: String, of folder: URL) throws -> JSONValue {
        let url = folder.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: url.path) else { return .object([]) }
        let bytes = [UInt8](try TokenizerFolder.read(url))
        guard let value = try? JSONValue(bytes), value.members != nil else {
            throw TokenizationError(url.relativePath, "damaged: no JSON object")
        }
        // Programs differ in which one counts.
        if let key = value.repeatedPath { throw TokenizationError(url.relativePath, "the key '\(key)' stands twice") }
        return value
    }

    /// Those whose ids are of BERT's normalizer and WordPiece.
    private static let wordPieceClasses = ["Bert", "DistilBert", "Electra", "MobileBert", "ConvBert", "LayoutLM"]
    /// Those that do what `tokenizer.json` says.
    private static let fileClasses = ["PreTrainedTokenizerFast", "TokenizersBackend"]

    /// Whether the class, which is one, has nothing of its own to say.
    var obeysFile: Bool { className.map(Self.fileClasses.contains) == true }

    private var isWordPiece: Bool {
        guard let className else { return true }
        return Self.wordPieceClasses.contains { className == "\($0)Tokenizer" || className == "\($0)TokenizerFast" }
    }

    /// Of a `vocab.txt` without a `tokenizer.json`, and with one where a BERT tokenizer reads it: that heeds these keys first.
    func change(_ normalizer: inout BertNormalizer) throws {
        guard isWordPiece || obeysFile else {
            throw TokenizationError(classPlace, "\(Self.className) is '\(className ?? "")'; wanted BertTokenizer")
        }
        let part = TokenizerPart(value: json, place: place)
        guard try part.truth("do_basic_tokenize", true) else {
            throw TokenizationError(place, "'do_basic_tokenize' is false, which is not implemented")
        }
        if let never = json["never_split"].list, !never.isEmpty {
            throw TokenizationError(place, "'never_split' is not implemented")
        }
        normalizer.lowercase = try part.truth("do_lower_case", normalizer.lowercase)
        normalizer.separatesCJK = try part.truth("tokenize_chinese_chars", normalizer.separatesCJK)
        if json["strip_accents"] != .null { normalizer.stripsAccents = try part.truth("strip_accents", true) }
    }

    /// Of a `tokenizer.json`. Where a BERT tokenizer reads it, what this file does not say is as of `BertTokenizer`, whatever the other
    /// says (transformers 4 and 5); a `tokenizer.json` by itself, without a model, is as it is.
    func change(_ pipeline: inout TextPipeline) throws {
        if obeysFile { return }
        guard pipeline.normalizers.count == 1, case .bert(var normalizer) = pipeline.normalizers[0] else { return }
        if isOfBert || json.members?.isEmpty == false {
            let usual = BertNormalizer()
            (normalizer.lowercase, normalizer.separatesCJK) = (usual.lowercase, usual.separatesCJK)
            normalizer.stripsAccents = usual.stripsAccents
        }
        try change(&normalizer)
        pipeline.normalizers = [.bert(normalizer)]
    }

    /// Of a SentencePiece model, whose ids a class of its own may make from another text.
    func checkSentencePiece() throws {
        guard let className, !Self.fileClasses.contains(className) else { return }
        throw TokenizationError(
            classPlace,
            "\(Self.className) is '\(className)', which changes a text before SentencePiece; wanted \(Self.fileClasses[0])"
        )
    }

    /// Tokens of an input that others cut at; nil where it does not say, or says a number that stands for none, such as 1e30.
    var longest: Int? {
        let said = json.members?.contains { $0.key == Self.longestKey } == true ? Self.longestKey : Self.oldLongestKey
        return if case .integer(let count) = json[said], count > 0 { count } else { nil }
    }

    /// Whether the second text of a pair has segment 1, as of `PairSegments`.
    var pairs: PairSegments {
        if let names = json[Self.inputsKey].list { return names.contains("token_type_ids") ? .two : .one }
        if obeysFile { return .unsaid }
        return className == "DistilBertTokenizer" || className == "DistilBertTokenizerFast" ? .one : .two
    }

    /// Special tokens as the files spell them.
    func names(unknown: String? = nil) -> SpecialNames {
        var names = SpecialNames()
        names.unknown = unknown ?? tokens.name("unk_token") ?? names.unknown
        names.padding = tokens.name("pad_token") ?? names.padding
        names.classification = tokens.name("cls_token") ?? names.classification
        names.separator = tokens.name("sep_token") ?? names.separator
        names.mask = tokens.name("mask_token") ?? names.mask
        return names
    }

    /// - Throws: `TokenizationError` where a file names a token that `tokenizer` cuts up, or by another id.
    func check(_ tokenizer: some Tokenizer, added: [TextPipeline.AddedToken] = []) throws {
        let special = tokenizer.special
        let reserved = [
            special.padding, special.unknown, special.classification, special.separator, special.mask,
        ]
        let whole = reserved.map { (tokenizer.piece($0), $0) } + added.map { ($0.content, $0.id) }
        let ids = Dictionary(whole.map { (Array($0.utf8), $1) }) { first, _ in first }
        try tokens.check { ids[Array($0.utf8)] }
    }
}
