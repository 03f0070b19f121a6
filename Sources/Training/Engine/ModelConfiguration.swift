import Attention
import Bert
import Checkpoints
import Foundation

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
        guard !setKeys(of: options.attention) else { return }
        // What Hugging Face has no keys for, its programs would take for another attention: by this name they refuse it.
        modelType = Self.ownModelType
        architectures = ["YosoNative" + head]
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = (try? encoder.encode(options.attention)).map { String(decoding: $0, as: UTF8.self) }
        yoso = text.map { [Self.attentionKey: $0] }
    }

    /// Says `attention` by the keys of Hugging Face; false where these cannot say all of it.
    private mutating func setKeys(of attention: AttentionChoice) -> Bool {
        switch attention {
        case .softmax: return true
        case .yosoExpectation(let yoso) where yoso.normalization == .l2:
            usesExpectation = true
            hashBits = yoso.bits
            hashes = 64
            usesFastHash = true
            usesLowerBoundGradient = yoso.gradient == .lowerBound
            return true
        case .yoso(let yoso):
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

    /// The encoder that this configuration describes; `place` is named where we cannot build it.
    ///
    /// - Throws: `CheckpointError` where its attention is none that we have.
    public func encoderOptions(_ place: URL) throws -> EncoderOptions {
        let attention = try attention(place)
        if let (key, text) = attention.problems(headWidth: width / heads).first {
            throw CheckpointError(place, "model.\(key) \(text)")
        }
        return EncoderOptions(
            layers: layers, width: width, heads: heads, intermediate: intermediate, vocabulary: vocabularySize,
            positions: positions, segments: segments, dropout: Float(dropout),
            attentionDropout: Float(attentionDropout), normEpsilon: Float(normEpsilon),
            initializerRange: Float(initializerRange), attention: attention,
            activation: usesTanhActivation ? .tanh : nil)
    }

    private func attention(_ place: URL) throws -> AttentionChoice {
        if let text = yoso?[Self.attentionKey] {
            guard let choice = try? EarlierAttention.decode(text) else {
                throw CheckpointError(place, "the value of 'yoso.\(Self.attentionKey)' is no attention: \(text)")
            }
            return choice
        }
        guard modelType != Self.ownModelType else {
            throw CheckpointError(place, "model_type is '\(modelType)', but 'yoso.\(Self.attentionKey)' is missing")
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

    private static let attentionKey = "attention"
}
