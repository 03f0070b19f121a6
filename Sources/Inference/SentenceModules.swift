import Bert
import Checkpoints
import Foundation
import JSON
import Tokenization

/// What sentence-transformers wrote beside a model: the modules behind the encoder, how its tokens become one vector, and the
/// longest input. A folder of ours has none of these files.
public struct SentenceModules {
    public private(set) var pooling: Pooling?
    private(set) var length: Int?
    /// By their paths in the folder.
    public private(set) var files: [String: Data] = [:]
    private let folder: URL

    /// - Throws: `CheckpointError` where a file is damaged, or has the vector made in a way that we do not implement.
    public init(of folder: URL) throws {
        self.folder = folder
        if let list = try read(Self.modules) {
            guard let list = list.list else { throw damage(Self.modules) }
            for module in list { try add(module) }
        }
        // As sentence-transformers does.
        length = try readLimits() ?? TokenizerFolder.longestInput(of: folder)
        try checkPrompts()
    }

    private static let (modules, prompts) = ("modules.json", "config_sentence_transformers.json")
    /// The first that is there counts; before 2022 each kind of model had its own.
    private static let limits = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"]
        .map { "sentence_\($0)_config.json" }

    private mutating func add(_ module: JSONValue) throws {
        guard let type = module["type"].text, let path = module["path"].text else { throw damage(Self.modules) }
        let isOutside = path.hasPrefix("/") || path.split(separator: "/").contains("..")
        guard !isOutside else { throw refusal(Self.modules, "names a path outside of the folder, '\(path)'") }
        let parts = type.split(separator: ".")
        switch parts.first == "sentence_transformers" ? parts.last : nil {
        case "Transformer":
            guard path.isEmpty else {
                throw refusal(Self.modules, "the model is in '\(path)'; wanted it beside \(Self.modules)")
            }
        case "Normalize": break
        case "Pooling": pooling = try pooling("\(path)/config.json")
        default:
            throw refusal(
                Self.modules,
                "the module '\(type)' is not supported; wanted Transformer, Pooling, Normalize of sentence_transformers"
            )
        }
    }

    private mutating func pooling(_ name: String) throws -> Pooling {
        let values = try read(name) ?? .object([])
        // By name since sentence-transformers 6, and a truth for each before.
        let named = values["pooling_mode"] == .null ? nil : values["pooling_mode"].text ?? "of several"
        let truths = (values.members ?? []).filter { $0.key.hasPrefix("pooling_mode_") && $0.value == true }
        let modes = named.map { ["pooling_mode \($0)"] } ?? truths.map(\.key).sorted()
        switch modes {
        case ["pooling_mode mean"], ["pooling_mode_mean_tokens"]: return .mean
        case ["pooling_mode cls"], ["pooling_mode_cls_token"]: return .first
        default:
            throw refusal(
                name,
                "\(modes.isEmpty ? "no pooling mode" : modes.joined(separator: " and ")); wanted "
                    + (named == nil ? "pooling_mode_mean_tokens or pooling_mode_cls_token" : "mean or cls"))
        }
    }

    /// The longest input; nil where nothing says it.
    private mutating func readLimits() throws -> Int? {
        guard let name = Self.limits.first(where: isThere), let values = try read(name) else { return nil }
        guard values["do_lower_case"] != true else {
            throw refusal(name, "'do_lower_case' is true; wanted a tokenizer that folds case itself")
        }
        try check(
            values, of: name,
            [
                "do_lower_case": [], "transformer_task": ["feature-extraction"],
                "modality_config": [["text": ["method": "forward", "method_output_name": "last_hidden_state"]]],
                "module_output_name": ["token_embeddings"], "max_seq_length": nil,
                // How the same numbers are computed.
                "unpad_inputs": nil,
            ])
        let length = values["max_seq_length"]
        guard length == .null || length.integer.map({ $0 > 0 }) == true else {
            throw refusal(name, "'max_seq_length' is \(length); wanted a number of tokens")
        }
        return length.integer
    }

    private mutating func checkPrompts() throws {
        guard let values = try read(Self.prompts) else { return }
        if let name = values["default_prompt_name"].text, values["prompts"][name] != "" {
            throw refusal(
                Self.prompts,
                "'default_prompt_name' is '\(name)'; wanted null, for no text is put in front of another")
        }
        try check(
            values, of: Self.prompts,
            [
                "model_type": ["SentenceTransformer"], "__version__": nil, "prompts": nil, "default_prompt_name": nil,
                // How vectors are compared, which is the reader's.
                "similarity_fn_name": nil,
            ])
    }

    /// - Parameter known: the values that a key may have; nil where all are followed, or make no vector another.
    /// - Throws: `CheckpointError` where `values` say anything else, so that another vector would come of it.
    private func check(_ values: JSONValue, of name: String, _ known: [String: [JSONValue]?]) throws {
        let nothing: [JSONValue] = [.null, false, .object([]), .list([])]
        for member in values.members ?? [] {
            guard let wanted = known[member.key] ?? [] else { continue }
            guard !wanted.contains(member.value), !nothing.contains(member.value) else { continue }
            let value = member.value.text.map { "'\($0)'" } ?? "\(member.value)"
            let what = wanted.first.map { "wanted \($0.text ?? "\($0)")" } ?? "which is not implemented; wanted it away"
            throw refusal(name, "'\(member.key)' is \(value)\(wanted.isEmpty ? "," : ";") \(what)")
        }
    }

    private func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path)
    }

    private func refusal(_ name: String, _ problem: String) -> CheckpointError {
        CheckpointError(folder.appendingPathComponent(name), problem)
    }

    private func damage(_ name: String) -> CheckpointError {
        refusal(name, "damaged: not what sentence-transformers writes")
    }

    /// A file that is there; an object, but for the list of modules.
    private mutating func read(_ name: String) throws -> JSONValue? {
        guard isThere(name) else { return nil }
        guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)),
            let value = try? JSONValue(Array(data)), value.members != nil || name == Self.modules
        else { throw damage(name) }
        if let key = value.repeatedPath { throw refusal(name, "the key '\(key)' stands twice") }
        files[name] = data
        return value
    }
}
