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
        switch options.attention {
        case .softmax: return
        case .yosoExpectation(let yoso):
            usesExpectation = true
            hashBits = yoso.bits
            hashes = 64
            usesFastHash = true
            usesLowerBoundGradient = yoso.gradient == .lowerBound
            return
        case .yoso(let yoso):
            usesExpectation = false
            hashBits = yoso.bits ?? 9
            hashes = yoso.hashes
            usesFastHash = yoso.hash == .hadamard
            usesLowerBoundGradient = yoso.gradient == .lowerBound
            convolution = yoso.convolution
        case .none, .linear, .performer, .linformer, .nystrom, .local, .mra, .gfsa: break
        }
        // Hugging Face has no keys for the rest.
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = (try? encoder.encode(options.attention)).map { String(decoding: $0, as: UTF8.self) }
        yoso = text.map { [Self.attentionKey: $0] }
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
            initializerRange: Float(initializerRange), attention: attention)
    }

    private func attention(_ place: URL) throws -> AttentionChoice {
        if let text = yoso?[Self.attentionKey] {
            guard let choice = try? JSONDecoder().decode(AttentionChoice.self, from: Data(text.utf8)) else {
                throw CheckpointError(place, "the value of 'yoso.\(Self.attentionKey)' is no attention: \(text)")
            }
            return choice
        }
        guard modelType == "yoso" else { return .softmax }
        let gradient: CollisionGradient = usesLowerBoundGradient ?? true ? .lowerBound : .exact
        if usesExpectation ?? true, convolution == nil {
            return .yosoExpectation(YosoExpectationOptions(bits: hashBits ?? 9, gradient: gradient))
        }
        return .yoso(
            YosoOptions(
                hashes: hashes ?? 64, bits: hashBits ?? 9, hash: usesFastHash ?? true ? .hadamard : .gaussian,
                gradient: gradient, convolution: convolution,
                evaluation: usesExpectation ?? true ? .expectation : .sampled(nil)))
    }

    private static let attentionKey = "attention"
}
