/// What a checkpoint of ours tells in `config.json`, below `yoso`, that Hugging Face has no keys for: ignored there.
public struct Provenance: Codable, Equatable, Sendable {
    /// The attention where no keys of Hugging Face say all of it, as JSON, and options of the encoder that are not the default.
    public var attention: String?
    public var initialization: String?
    public var norm: String?
    public var embeddingNorm: String?
    public var pooling: String?
    public var head: String?

    /// The name of the task that it was fine-tuned on, the benchmark that has it where that is not GLUE, and as JSON the task itself
    /// where it is one of the user's own.
    public var task: String?
    public var benchmark: String?
    public var ownTask: String?
    /// Where the rows were, and which of the training rows where not all.
    public var data: String?
    public var subsets: String?
    /// The longest input in tokens.
    public var length: Int?
    /// The names of the metrics that chose the best epoch, with spaces between; `auto` for those of the task.
    public var score: String?

    /// What its result can be compared with: the protocol, digests of settings and recipe, and the weights that it began from.
    public var protocolName: String?
    public var settings: String?
    public var recipe: String?
    public var weights: String?
    /// The name of the task that the encoder had been fine-tuned on before.
    public var start: String?

    public init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case attention, initialization, norm, embeddingNorm, pooling, head, task, benchmark, ownTask, data, subsets,
            length, score
        case protocolName = "protocol"
        case settings, recipe, weights, start
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String? { try values.decodeIfPresent(String.self, forKey: key) }
        (attention, initialization) = try (text(.attention), text(.initialization))
        (norm, embeddingNorm) = try (text(.norm), text(.embeddingNorm))
        (pooling, head) = try (text(.pooling), text(.head))
        (task, benchmark, ownTask) = try (text(.task), text(.benchmark), text(.ownTask))
        (data, subsets, score) = try (text(.data), text(.subsets), text(.score))
        (protocolName, settings) = try (text(.protocolName), text(.settings))
        (recipe, weights, start) = try (text(.recipe), text(.weights), text(.start))
        // Earlier programs wrote it as text.
        length =
            try (try? values.decode(Int.self, forKey: .length))
            ?? text(.length).map { text in
                guard let number = Int(text) else {
                    throw DecodingError.typeMismatch(
                        Int.self, .init(codingPath: values.codingPath + [CodingKeys.length], debugDescription: text))
                }
                return number
            }
    }
}

extension HuggingFaceConfiguration {
    /// Adds to what it tells of its origin.
    public mutating func remember(_ change: (inout Provenance) -> Void) {
        var known = provenance ?? Provenance()
        change(&known)
        provenance = known == Provenance() ? nil : known
    }
}
