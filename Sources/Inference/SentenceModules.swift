import Bert
import Checkpoints
import Foundation
import Tokenization

/// What sentence-transformers wrote beside a model: the modules behind the encoder, how its tokens become one vector, and the
/// longest input. A folder of ours has none of these files.
public struct SentenceModules {
    public private(set) var pooling: Pooling?
    private(set) var length: Int?
    /// By their paths in the folder.
    public private(set) var files: [String: Data] = [:]

    /// - Throws: `CheckpointError` where a file is damaged, or has the vector made in a way that we do not implement.
    public init(of folder: URL) throws {
        struct Module: Decodable {
            let type: String
            let path: String
        }
        struct Limits: Decodable {
            let length: Int?
            let foldsCase: Bool?
            let task: String?
            enum CodingKeys: String, CodingKey {
                case length = "max_seq_length"
                case foldsCase = "do_lower_case"
                case task = "transformer_task"
            }
        }
        struct Prompts: Decodable {
            let name: String?
            enum CodingKeys: String, CodingKey { case name = "default_prompt_name" }
        }
        for module: Module in try read(Self.modules, in: folder) ?? [] {
            switch module.type.split(separator: ".").last {
            case "Transformer", "Normalize": continue
            case "Pooling": pooling = try pooling("\(module.path)/config.json", in: folder)
            default:
                throw CheckpointError(
                    folder.appendingPathComponent(Self.modules),
                    "the module '\(module.type)' is not supported; wanted Transformer, Pooling, Normalize")
            }
        }
        let limits: Limits? = try read(Self.limits, in: folder)
        guard limits?.foldsCase != true else {
            throw CheckpointError(
                folder.appendingPathComponent(Self.limits),
                "'do_lower_case' is true; wanted a tokenizer that folds case itself")
        }
        if let task = limits?.task, task != "feature-extraction" {
            throw CheckpointError(
                folder.appendingPathComponent(Self.limits),
                "'transformer_task' is '\(task)'; wanted feature-extraction")
        }
        // As sentence-transformers does.
        length = try limits?.length ?? TokenizerFolder.longestInput(of: folder)
        let prompts: Prompts? = try read(Self.prompts, in: folder)
        if let name = prompts?.name {
            throw CheckpointError(
                folder.appendingPathComponent(Self.prompts),
                "'default_prompt_name' is '\(name)'; wanted null, for no text is put in front of another")
        }
    }

    private static let modules = "modules.json"
    private static let (limits, prompts) = ("sentence_bert_config.json", "config_sentence_transformers.json")

    private mutating func pooling(_ name: String, in folder: URL) throws -> Pooling {
        let values: [String: JSONScalar] = try read(name, in: folder) ?? [:]
        // By name since sentence-transformers 6, and a truth for each before.
        let named = values["pooling_mode"].map { ["pooling_mode \($0.text ?? "of several")"] }
        let modes = named ?? values.filter { $0.key.hasPrefix("pooling_mode_") && $0.value.isOn }.keys.sorted()
        switch modes {
        case ["pooling_mode mean"], ["pooling_mode_mean_tokens"]: return .mean
        case ["pooling_mode cls"], ["pooling_mode_cls_token"]: return .first
        default:
            throw CheckpointError(
                folder.appendingPathComponent(name),
                "\(modes.isEmpty ? "no pooling mode" : modes.joined(separator: " and ")); wanted "
                    + (named == nil ? "pooling_mode_mean_tokens or pooling_mode_cls_token" : "mean or cls"))
        }
    }

    /// A value that may be of another kind.
    private struct JSONScalar: Decodable {
        let text: String?
        let isOn: Bool
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            (text, isOn) = (try? value.decode(String.self), (try? value.decode(Bool.self)) ?? false)
        }
    }

    private mutating func read<Value: Decodable>(_ name: String, in folder: URL) throws -> Value? {
        let url = folder.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            let data = try Data(contentsOf: url)
            files[name] = data
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw CheckpointError(url, "damaged: not what sentence-transformers writes")
        }
    }
}
