import Attention
import Bert
import Checkpoints
import Foundation
import Options

extension HuggingFaceConfiguration {
    /// The configuration of an encoder, for the architecture of its family and `head`, for example `ForMaskedLM`.
    public init(_ options: EncoderOptions, head: String) {
        self.init(
            modelType: options.family.rawValue, vocabularySize: options.vocabulary, width: options.width,
            layers: options.layers, heads: options.heads, intermediate: options.intermediate)
        architectures = [options.family.rawValue.capitalized + head]
        positions = options.positions
        segments = options.segments
        normEpsilon = Double(options.normEpsilon)
        dropout = Double(options.dropout)
        attentionDropout = Double(options.attentionDropout)
        initializerRange = Double(options.initializerRange)
        if options.activation == .tanh { activation = "gelu_new" }
        let changed = Self.ownOptions.filter { option, _ in option.texts(options) != option.texts(EncoderOptions()) }
        for (option, path) in changed { remember { $0[keyPath: path] = option.texts(options)[0] } }
        // What weights began as changes nothing of what they compute.
        let isKnown =
            setKeys(of: options.attention) && changed.allSatisfy { option, _ in option.name == "initialization" }
        guard !isKnown else { return }
        // What Hugging Face has no keys for, its programs would take for another model: by this name they refuse it.
        modelType = Self.ownModelType
        architectures = ["YosoNative" + head]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = (try? encoder.encode(options.attention)).map { String(decoding: $0, as: UTF8.self) }
        remember { $0.attention = text }
    }

    /// What Hugging Face has no keys for, said below `yoso` where it is not the default.
    private static var ownOptions: [(Option<EncoderOptions>, WritableKeyPath<Provenance, String?>)] {
        let paths: [String: WritableKeyPath<Provenance, String?>] = [
            "initialization": \.initialization, "norm": \.norm, "embeddingNorm": \.embeddingNorm,
            "pooling": \.pooling, "head": \.head,
        ]
        return EncoderOptions.options.compactMap { option in paths[option.name].map { (option, $0) } }
    }

    /// Says `attention` by the keys of Hugging Face; false where these cannot say all of it.
    private mutating func setKeys(of attention: AttentionChoice) -> Bool {
        guard attention.convolution == nil, attention.filterOrder == nil else { return false }
        switch attention.kind {
        case let softmax as SoftmaxOptions: return softmax == SoftmaxOptions()
        case let yoso as YosoExpectationOptions:
            guard yoso == YosoExpectationOptions(bits: yoso.bits, gradient: yoso.gradient) else { return false }
            usesExpectation = true
            hashBits = yoso.bits
            hashes = 64
            usesFastHash = true
            usesLowerBoundGradient = yoso.gradient == .lowerBound
            return true
        case let yoso as YosoOptions:
            guard let bits = yoso.bits,
                yoso == YosoOptions(hashes: yoso.hashes, bits: bits, hash: yoso.hash, gradient: yoso.gradient)
            else { return false }
            usesExpectation = false
            hashBits = bits
            hashes = yoso.hashes
            usesFastHash = yoso.hash == .hadamard
            usesLowerBoundGradient = yoso.gradient == .lowerBound
            return true
        default: return false
        }
    }

    /// The encoder that this configuration of the folder `place` describes, held to the ranges of recipes.
    ///
    /// - Throws: `CheckpointError` where we cannot build it.
    public func encoderOptions(_ place: URL) throws -> EncoderOptions {
        var options = EncoderOptions(
            layers: layers, width: width, heads: heads, intermediate: intermediate, vocabulary: vocabularySize,
            positions: positions, segments: segments, dropout: Float(dropout),
            attentionDropout: Float(attentionDropout), normEpsilon: Float(normEpsilon),
            initializerRange: Float(initializerRange), attention: try attention(place),
            activation: usesTanhActivation ? .tanh : nil)
        options.attention.kind.fit(positions: positions)
        for (option, path) in Self.ownOptions {
            guard let text = provenance?[keyPath: path], !option.read([text], &options) else { continue }
            throw CheckpointError(
                place, "the value of 'yoso.\(option.name)' is '\(text)'; wanted \(option.wanted)")
        }
        if let (key, text) = options.problems.first {
            throw CheckpointError(place, "\(Self.keys[key] ?? "model.\(key)") \(text)")
        }
        guard width % heads == 0 else {
            throw CheckpointError(place, "\(heads) attention heads do not divide hidden_size \(width)")
        }
        if let (key, text) = options.attention.problems(headWidth: width / heads).first {
            throw CheckpointError(place, "model.\(key) \(text)")
        }
        return options
    }

    /// What options of an encoder are called in `config.json`.
    private static let keys = [
        "layers": "num_hidden_layers", "width": "hidden_size", "heads": "num_attention_heads",
        "intermediate": "intermediate_size", "positions": "max_position_embeddings", "vocabulary": "vocab_size",
        "dropout": "hidden_dropout_prob", "attentionDropout": "attention_probs_dropout_prob",
        "normEpsilon": "layer_norm_eps", "initializerRange": "initializer_range",
    ]

    private func attention(_ place: URL) throws -> AttentionChoice {
        if let text = provenance?.attention {
            do {
                return try EarlierAttention.decode(text)
            } catch let problem as AttentionProblem {
                throw CheckpointError(place, "model.\(problem.key) \(problem.text)")
            } catch let unknown as EarlierAttention.UnknownKey {
                throw CheckpointError(
                    place, "'yoso.attention' has the key '\(unknown.key)', which this version does not know: \(text)")
            } catch {
                throw CheckpointError(place, "the value of 'yoso.attention' is no attention: \(text)")
            }
        }
        guard modelType != Self.ownModelType else {
            throw CheckpointError(place, "model_type is '\(modelType)', but 'yoso.attention' is missing")
        }
        guard modelType == "yoso" else { return .softmax }
        let gradient: CollisionGradient = usesLowerBoundGradient ?? true ? .lowerBound : .exact
        let yoso: AttentionChoice =
            usesExpectation ?? true
            ? .yosoExpectation(YosoExpectationOptions(bits: hashBits ?? 9, gradient: gradient))
            : .yoso(
                YosoOptions(
                    hashes: hashes ?? 64, bits: hashBits ?? 9, hash: usesFastHash ?? true ? .hadamard : .gaussian,
                    gradient: gradient))
        return convolution.map { .convolved(width: $0, beside: yoso) } ?? yoso
    }
}
