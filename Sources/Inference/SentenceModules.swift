import Bert
import Checkpoints
import Foundation

/// What sentence-transformers wrote beside a model: the modules behind the encoder, how its tokens become one vector, and the
/// longest input. A folder of ours has none of these files.
struct SentenceModules {
    private(set) var pooling: Pooling?
    private(set) var length: Int?

    /// - Throws: `CheckpointError` where a file is damaged, or has the vector made in a way that we do not implement.
    init(of folder: URL) throws {
        struct Module: Decodable {
            let type: String
            let path: String
        }
        struct Limits: Decodable {
            let length: Int?
            let foldsCase: Bool?
            enum CodingKeys: String, CodingKey {
                case length = "max_seq_length"
                case foldsCase = "do_lower_case"
            }
        }
        struct Prompts: Decodable {
            let name: String?
            enum CodingKeys: String, CodingKey { case name = "default_prompt_name" }
        }
        for module: Module in try Self.read("modules.json", in: folder) ?? [] {
            switch module.type.split(separator: ".").last {
            case "Transformer", "Normalize": continue
            case "Pooling": pooling = try Self.pooling("\(module.path)/config.json", in: folder)
            default:
                throw CheckpointError(
                    folder.appendingPathComponent("modules.json"),
                    "the module '\(module.type)' is not supported; wanted Transformer, Pooling, Normalize")
            }
        }
        let limits: Limits? = try Self.read(Self.limits, in: folder)
        guard limits?.foldsCase != true else {
            throw CheckpointError(
                folder.appendingPathComponent(Self.limits),
                "'do_lower_case' is true; wanted a tokenizer that folds case itself")
        }
        length = limits?.length
        let prompts: Prompts? = try Self.read(Self.prompts, in: folder)
        if let name = prompts?.name {
            throw CheckpointError(
                folder.appendingPathComponent(Self.prompts),
                "'default_prompt_name' is '\(name)'; wanted null, for no text is put in front of another")
        }
    }

    private static let (limits, prompts) = ("sentence_bert_config.json", "config_sentence_transformers.json")

    private static func pooling(_ name: String, in folder: URL) throws -> Pooling {
        let values: [String: Flag] = try read(name, in: folder) ?? [:]
        let modes = values.filter { $0.key.hasPrefix("pooling_mode_") && $0.value.isOn }.keys.sorted()
        switch modes {
        case ["pooling_mode_mean_tokens"]: return .mean
        case ["pooling_mode_cls_token"]: return .first
        default:
            throw CheckpointError(
                folder.appendingPathComponent(name),
                "\(modes.isEmpty ? "no pooling mode" : modes.joined(separator: " and ")); wanted "
                    + "pooling_mode_mean_tokens or pooling_mode_cls_token")
        }
    }

    /// A value that may be of another kind.
    private struct Flag: Decodable {
        let isOn: Bool
        init(from decoder: any Decoder) throws {
            isOn = (try? decoder.singleValueContainer().decode(Bool.self)) ?? false
        }
    }

    private static func read<Value: Decodable>(_ name: String, in folder: URL) throws -> Value? {
        let url = folder.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do { return try JSONDecoder().decode(Value.self, from: Data(contentsOf: url)) } catch {
            throw CheckpointError(url, "damaged: not what sentence-transformers writes")
        }
    }
}
