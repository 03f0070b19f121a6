import Foundation
import JSON

/// What the small files beside a vocabulary say of tokens: `special_tokens_map.json` and `added_tokens.json`, which transformers
/// reads where `tokenizer_config.json` has no `added_tokens_decoder`, and that file itself.
struct TokensBeside {
    /// By their names; what comes later is heeded first.
    private let files: [(name: String, json: JSONValue)]
    private let folder: URL

    static let mapName = "special_tokens_map.json"
    static let addedName = "added_tokens.json"

    private static let decoderKey = "added_tokens_decoder"
    /// The roles that a token may have, as keys; others that end so, as `add_bos_token`, may be of any type.
    private static let roles = ["unk", "pad", "cls", "sep", "mask", "bos", "eos"].map { "\($0)_token" }
    /// Lists of special tokens without a role; a dictionary names them by one.
    static let listKeys = ["additional_special_tokens", "extra_special_tokens"]

    /// - Throws: `TokenizationError` where one of them is damaged, or says tokens in another form than transformers writes.
    init(of folder: URL, _ configuration: JSONValue) throws {
        self.folder = folder
        var files = [(TokenizerConfiguration.name, configuration)]
        if configuration[Self.decoderKey] == .null {
            files += try [Self.mapName, Self.addedName].map { ($0, try TokenizerConfiguration.object($0, of: folder)) }
        }
        self.files = files
        for (name, json) in files {
            for member in json.members ?? [] {
                guard let wanted = Self.form(member, of: name) else { continue }
                let place = folder.appendingPathComponent(name).relativePath
                throw TokenizationError(place, "'\(member.key)' is \(member.value); wanted \(wanted)")
            }
        }
    }

    /// What a member should be; nil where it is.
    private static func form(_ member: JSONValue.Member, of file: String) -> String? {
        let (key, value) = (member.key, member.value)
        if file == addedName { return value.integer == nil ? "an id" : nil }
        if value == .null { return nil }
        if roles.contains(key) { return content(value) == nil ? "a token" : nil }
        if listKeys.contains(key) {
            return listed(value)?.allSatisfy { content($0) != nil } == true ? nil : "tokens"
        }
        guard key == decoderKey else { return nil }
        let isRight = value.members?.allSatisfy { Int($0.key) != nil && content($0.value) != nil } == true
        return isRight ? nil : "tokens by their ids"
    }

    /// The special token of a role such as `mask_token`: by name, or as an added token.
    func name(_ key: String) -> String? {
        files.reversed().filter { $0.name != Self.addedName }.lazy.compactMap { Self.content($0.json[key]) }.first
    }

    /// Holds every token that a file names to the ids that it has here.
    ///
    /// - Parameter id: of a token that is found in texts as a whole, or never; nil for one that is cut up.
    /// - Throws: `TokenizationError` where one has none or another.
    func check(_ id: (_ content: String) -> Int32?) throws {
        for (name, json) in files {
            for (key, content, theirs) in Self.tokens(of: name, json)
            where !Self.isRole(key) || self.name(key) == content {
                let place = folder.appendingPathComponent(name).relativePath
                let token = key.isEmpty ? "'\(content)'" : "'\(content)' of '\(key)'"
                guard let own = id(content) else {
                    throw TokenizationError(
                        place, "\(token) is a token of its own; wanted a tokenizer.json that has it")
                }
                guard theirs == nil || theirs == Int(own) else {
                    throw TokenizationError(
                        place, "\(token) has the id \(theirs ?? 0), which is \(own) in the vocabulary")
                }
            }
        }
    }

    private static func tokens(of file: String, _ json: JSONValue) -> [(key: String, content: String, id: Int?)] {
        let members = json.members ?? []
        if file == addedName { return members.map { ("", $0.key, $0.value.integer) } }
        return members.flatMap { member -> [(key: String, content: String, id: Int?)] in
            let (key, value) = (member.key, member.value)
            if listKeys.contains(key) {
                return (listed(value) ?? []).compactMap { content($0) }.map { (key, $0, nil) }
            }
            if key == decoderKey {
                return (value.members ?? []).compactMap { id in content(id.value).map { (key, $0, Int(id.key)) } }
            }
            return isRole(key) ? content(value).map { [(key, $0, nil)] } ?? [] : []
        }
    }

    private static func isRole(_ key: String) -> Bool { key.hasSuffix("_token") }

    /// What a list holds, or a dictionary in its place.
    private static func listed(_ value: JSONValue) -> [JSONValue]? { value.list ?? value.members?.map(\.value) }

    private static func content(_ value: JSONValue) -> String? { value.text ?? value["content"].text }
}
