import Foundation

/// The keys that a configuration must have and lacks.
struct MissingKeys: Error, CustomStringConvertible {
    let keys: [String]

    var description: String {
        "key\(keys.count == 1 ? "" : "s") " + keys.map { "'\($0)'" }.joined(separator: ", ")
    }
}

extension HuggingFaceConfiguration {
    /// - Throws: `MissingKeys` with all at once, or what decoding throws.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let wanted: [CodingKeys] = [.modelType, .vocabularySize, .width, .layers, .heads, .intermediate]
        let missing = wanted.filter { !values.contains($0) }
        guard missing.isEmpty else { throw MissingKeys(keys: missing.map(\.stringValue)) }
        func size(_ key: CodingKeys) throws -> Int { try values.decode(Int.self, forKey: key) }
        self.init(
            modelType: try values.decode(String.self, forKey: .modelType), vocabularySize: try size(.vocabularySize),
            width: try size(.width), layers: try size(.layers), heads: try size(.heads),
            intermediate: try size(.intermediate))
        func value<Value: Decodable>(_ key: CodingKeys, _ standard: Value) throws -> Value {
            try values.decodeIfPresent(Value.self, forKey: key) ?? standard
        }
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
            try values.decodeIfPresent(Value.self, forKey: key)
        }
        // What the classes of transformers have where a file says nothing.
        let isYoso = modelType == "yoso"
        architectures = try value(.architectures)
        positions = try value(.positions, isYoso ? 4096 : 512)
        segments = try value(.segments, isYoso ? 1 : 2)
        activation = try value(.activation, activation)
        normEpsilon = try value(.normEpsilon, normEpsilon)
        dropout = try value(.dropout, dropout)
        attentionDropout = try value(.attentionDropout, attentionDropout)
        initializerRange = try value(.initializerRange, initializerRange)
        paddingID = try value(.paddingID, isYoso ? 1 : 0)
        tiesEmbeddings = try value(.tiesEmbeddings)
        positionEmbedding = try value(.positionEmbedding)
        labels = try value(.labels)
        labelIDs = try value(.labelIDs)
        classifierDropout = try value(.classifierDropout)
        problemType = try value(.problemType)
        usesExpectation = try value(.usesExpectation)
        hashBits = try value(.hashBits)
        hashes = try value(.hashes)
        convolution = try value(.convolution)
        usesFastHash = try value(.usesFastHash)
        usesLowerBoundGradient = try value(.usesLowerBoundGradient)
        yoso = try value(.yoso)
    }
}

/// Keys that change the numbers of a model in a way that we do not implement.
// The names are transformers'.
// swift-format-ignore: AlwaysUseLowerCamelCase
struct RefusedKeys: Decodable {
    let is_decoder: Bool?
    let add_cross_attention: Bool?
    let tie_word_embeddings: Bool?
    let pruned_heads: [String: [Int]]?
    let embedding_size: Int?
    let hidden_size: Int?
    let quantization_config: Anything?

    struct Anything: Decodable { init(from decoder: any Decoder) {} }

    var problem: String? {
        if is_decoder == true { return "'is_decoder' is true; only encoders are supported" }
        if add_cross_attention == true { return "'add_cross_attention' is true; only encoders are supported" }
        if tie_word_embeddings == false { return "'tie_word_embeddings' is false; only tied ones are supported" }
        if let heads = pruned_heads, !heads.isEmpty { return "'pruned_heads' is not empty; wanted all heads" }
        if let size = embedding_size, size != hidden_size { return "'embedding_size' is \(size); wanted hidden_size" }
        if quantization_config != nil { return "'quantization_config' is not supported; wanted floating-point weights" }
        return nil
    }
}
