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
        func read<Value: Decodable>(_ key: CodingKeys) throws -> Value {
            do { return try values.decode(Value.self, forKey: key) } catch let error as DecodingError {
                throw error
            } catch {
                // Of a number that is no Int, Foundation does not say where it stands.
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "\(error)")
            }
        }
        func size(_ key: CodingKeys) throws -> Int { try read(key) }
        self.init(
            modelType: try read(.modelType), vocabularySize: try size(.vocabularySize),
            width: try size(.width), layers: try size(.layers), heads: try size(.heads),
            intermediate: try size(.intermediate))
        func value<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
            // A null elsewhere would become a default that nobody asked for.
            guard values.contains(key), try !(key.mayBeNull && values.decodeNil(forKey: key)) else { return nil }
            let value: Value = try read(key)
            return value
        }
        func value<Value: Decodable>(_ key: CodingKeys, _ standard: Value) throws -> Value {
            try value(key) ?? standard
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
        if labels == nil, architectures?.contains(where: { $0.contains("Classification") }) ?? false {
            labels = try LabelCount(from: decoder).labels
        }
        labelIDs = try value(.labelIDs)
        classifierDropout = try value(.classifierDropout)
        problemType = try value(.problemType)
        usesExpectation = try value(.usesExpectation)
        hashBits = try value(.hashBits)
        hashes = try value(.hashes)
        convolution = try value(.convolution)
        usesFastHash = try value(.usesFastHash)
        usesLowerBoundGradient = try value(.usesLowerBoundGradient)
        provenance = try value(.provenance)
    }
}

/// How many labels may have no names.
private let labelCounts = 1...100_000

/// Labels of which a file tells the number alone; nil of two, which is the default.
// The name is transformers'.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct LabelCount: Decodable {
    let num_labels: Int?

    var labels: [String: String]? {
        guard let count = num_labels, count != 2, labelCounts.contains(count) else { return nil }
        return Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", "LABEL_\($0)") })
    }
}

extension HuggingFaceConfiguration.CodingKeys {
    /// Whether transformers itself writes null where it has nothing to say.
    fileprivate var mayBeNull: Bool {
        switch self {
        case .architectures, .labels, .labelIDs, .classifierDropout, .problemType, .convolution, .paddingID: true
        case .provenance: true
        default: false
        }
    }
}

extension HuggingFaceConfiguration {
    /// The keys of `config.json` of `folder` that are neither ours nor of those of transformers that change no number: what
    /// they mean to the program that wrote them, nobody here knows.
    public static func unknownKeys(of folder: URL) -> [String] {
        let data = (try? Data(contentsOf: folder.appendingPathComponent(fileName))) ?? Data()
        let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
        let refused = RefusedKeys.CodingKeys.allCases.map(\.stringValue)
        let known =
            CodingKeys.allCases.map(\.stringValue) + refused
            + others.split(whereSeparator: \.isWhitespace).map(String.init)
        let own = (object[CodingKeys.provenance.stringValue] as? [String: Any])?.keys.map { $0 } ?? []
        let unknown = Set(own).subtracting(Provenance.CodingKeys.allCases.map(\.stringValue)).map { "yoso.\($0)" }
        return Set(object.keys).subtracting(known).union(unknown).sorted()
    }

    /// Of transformers' PreTrainedConfig, BertConfig and YosoConfig, versions 2 to 5, with what 4 wrote of generation, and of the
    /// configurations that came with BERT.
    private static let others = """
        _attn_implementation _attn_implementation_autoset _commit_hash _experts_implementation _name_or_path
        _num_labels attn_implementation bad_words_ids begin_suppress_tokens bos_token_id chunk_size_feed_forward
        cross_attention_hidden_size decoder_start_token_id directionality diversity_penalty do_sample dtype
        early_stopping encoder_no_repeat_ngram_size eos_token_id exponential_decay_length_penalty finetuning_task
        forced_bos_token_id forced_eos_token_id gradient_checkpointing is_encoder_decoder length_penalty max_length
        min_length name_or_path no_repeat_ngram_size num_beam_groups num_beams num_labels num_return_sequences
        output_attentions output_hidden_states output_past output_scores pooler_fc_size pooler_num_attention_heads
        pooler_num_fc_layers pooler_size_per_head pooler_type prefix remove_invalid_values repetition_penalty
        return_dict return_dict_in_generate sep_token_id suppress_tokens task_specific_params temperature
        tf_legacy_loss tokenizer_class top_k top_p torch_dtype torchscript transformers_version typical_p use_bfloat16
        use_cache
        """
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
    let num_labels: Int?
    let id2label: [String: String]?

    struct Anything: Decodable { init(from decoder: any Decoder) {} }

    enum CodingKeys: CodingKey, CaseIterable {
        case is_decoder, add_cross_attention, tie_word_embeddings, pruned_heads, embedding_size, hidden_size
        case quantization_config, num_labels, id2label
    }

    var problem: String? {
        if is_decoder == true { return "'is_decoder' is true; only encoders are supported" }
        if add_cross_attention == true { return "'add_cross_attention' is true; only encoders are supported" }
        if tie_word_embeddings == false { return "'tie_word_embeddings' is false; only tied ones are supported" }
        if let heads = pruned_heads, !heads.isEmpty { return "'pruned_heads' is not empty; wanted all heads" }
        if let size = embedding_size, size != hidden_size { return "'embedding_size' is \(size); wanted hidden_size" }
        if let count = num_labels, let labels = id2label, count != labels.count {
            return "'num_labels' is \(count); id2label has \(labels.count)"
        }
        if let count = num_labels, !labelCounts.contains(count) {
            return "'num_labels' is \(count); wanted \(labelCounts.lowerBound) to \(labelCounts.upperBound)"
        }
        if quantization_config != nil { return "'quantization_config' is not supported; wanted floating-point weights" }
        return nil
    }
}
