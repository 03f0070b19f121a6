import Digests
import Foundation
import JSON

/// `config.json` of a Hugging Face folder, for the architectures `bert` and `yoso`.
///
/// Keys of other programs are tolerated; what we could not honour (another activation, relative positions) is refused. What
/// transformers has a default for may be left out, but for the sizes.
public struct HuggingFaceConfiguration: Codable, Equatable, Sendable {
    public var architectures: [String]?
    public var modelType: String
    public var vocabularySize: Int
    public var width: Int
    public var layers: Int
    public var heads: Int
    public var intermediate: Int
    public var positions: Int
    public var segments: Int
    public var activation: String
    public var normEpsilon: Double
    public var dropout: Double
    public var attentionDropout: Double
    public var initializerRange: Double
    public var paddingID: Int
    public var tiesEmbeddings: Bool?
    public var positionEmbedding: String?
    public var labels: [String: String]?
    public var labelIDs: [String: Int]?
    public var classifierDropout: Double?
    /// What a classifier predicts, as transformers says it; nil where the number of labels does.
    public var problemType: String?
    /// YOSO alone.
    public var usesExpectation: Bool?
    public var hashBits: Int?
    public var hashes: Int?
    public var convolution: Int?
    public var usesFastHash: Bool?
    public var usesLowerBoundGradient: Bool?
    /// What Hugging Face has no key for; nil where there is nothing.
    public var provenance: Provenance?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case architectures
        case modelType = "model_type"
        case vocabularySize = "vocab_size"
        case width = "hidden_size"
        case layers = "num_hidden_layers"
        case heads = "num_attention_heads"
        case intermediate = "intermediate_size"
        case positions = "max_position_embeddings"
        case segments = "type_vocab_size"
        case activation = "hidden_act"
        case normEpsilon = "layer_norm_eps"
        case dropout = "hidden_dropout_prob"
        case attentionDropout = "attention_probs_dropout_prob"
        case initializerRange = "initializer_range"
        case paddingID = "pad_token_id"
        case tiesEmbeddings = "tie_word_embeddings"
        case positionEmbedding = "position_embedding_type"
        case labels = "id2label"
        case labelIDs = "label2id"
        case classifierDropout = "classifier_dropout"
        case problemType = "problem_type"
        case usesExpectation = "use_expectation"
        case hashBits = "hash_code_len"
        case hashes = "num_hash"
        case convolution = "conv_window"
        case usesFastHash = "use_fast_hash"
        case usesLowerBoundGradient = "lsh_backward"
        case provenance = "yoso"
    }

    /// A configuration with what every model has; the rest is set by name.
    public init(modelType: String, vocabularySize: Int, width: Int, layers: Int, heads: Int, intermediate: Int) {
        self.modelType = modelType
        self.vocabularySize = vocabularySize
        self.width = width
        self.layers = layers
        self.heads = heads
        self.intermediate = intermediate
        positions = 512
        segments = 2
        activation = "gelu"
        normEpsilon = 1e-12
        dropout = 0.1
        attentionDropout = 0.1
        initializerRange = 0.02
        paddingID = 0
        tiesEmbeddings = true
        positionEmbedding = "absolute"
    }

    /// Label names in the order of their ids; nil where the configuration is not of a classifier. Of one with two labels of no
    /// particular name transformers writes none, and older ones wrote those of every model.
    public var labelNames: [String]? {
        guard let labels else {
            let isClassifier = architectures?.contains { $0.hasSuffix("ForSequenceClassification") } ?? false
            return isClassifier || isOfWords ? ["LABEL_0", "LABEL_1"] : nil
        }
        // Of an architecture that is not named, labels are all that tells.
        guard architectures?.contains(where: { $0.contains("Classification") }) ?? true else { return nil }
        return labels.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }.map(\.value)
    }

    /// Whether it is of a classifier of words.
    public var isOfWords: Bool { architectures?.contains { $0.hasSuffix("ForTokenClassification") } ?? false }

    /// `model_type` of a model whose attention no program of Hugging Face has.
    public static let ownModelType = "yoso-native"

    /// The name of the file in its folder.
    public static let fileName = "config.json"

    /// Beside a model it is applied by transformers.
    private static let adapterName = "adapter_config.json"

    /// Reads `config.json` of `folder`.
    ///
    /// - Throws: `CheckpointError` that names the file and the key that is missing, of a wrong type, or beyond us.
    public init(of folder: URL) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        let adapter = folder.appendingPathComponent(Self.adapterName)
        guard !FileManager.default.fileExists(atPath: adapter.path) else {
            throw CheckpointError(adapter, "an adapter of PEFT is not applied; wanted it merged into the weights")
        }
        guard let data = try? Data(contentsOf: url) else {
            throw CheckpointError(
                folder,
                ModelPath.absence(folder).map { "\($0); name a model by --checkpoint" }
                    ?? "no checkpoint: it has no readable \(Self.fileName)")
        }
        guard !LargeFilePointer.isOne(data) else { throw CheckpointError(url, LargeFilePointer.problem) }
        try Self.checkType(data, url)
        guard let json = try? JSONValue([UInt8](data)), json.members != nil else {
            throw CheckpointError(url, "damaged: no JSON object")
        }
        // Programs differ in which one counts.
        if let key = json.repeatedPath { throw CheckpointError(url, "the key '\(key)' stands twice") }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
            if let problem = try JSONDecoder().decode(RefusedKeys.self, from: data).problem {
                throw CheckpointError(url, problem)
            }
        } catch let error as MissingKeys {
            throw CheckpointError(url, "has no \(error)")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context)
        {
            let key = context.codingPath.map(\.stringValue).joined(separator: ".")
            throw CheckpointError(url, "the value of \(key.isEmpty ? "a key" : "'\(key)'") is of a wrong type")
        }
        try check(url)
    }

    /// Writes `config.json` into `folder`.
    ///
    /// - Throws: `CheckpointError` where it cannot be written.
    public func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try OutputFile.write(try encoder.encode(self), to: folder.appendingPathComponent(Self.fileName))
    }
}
