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
        if case .yosoExpectation(let yoso) = options.attention {
            usesExpectation = true
            hashBits = yoso.bits
            hashes = 64
            usesFastHash = true
            usesLowerBoundGradient = yoso.gradient == .lowerBound
        }
    }

    /// The encoder that this configuration describes; `place` is named where we cannot build it.
    public func encoderOptions(_ place: URL) throws -> EncoderOptions {
        EncoderOptions(
            layers: layers, width: width, heads: heads, intermediate: intermediate, vocabulary: vocabularySize,
            positions: positions, segments: segments, dropout: Float(dropout),
            attentionDropout: Float(attentionDropout), normEpsilon: Float(normEpsilon),
            initializerRange: Float(initializerRange), attention: try attention(place))
    }

    private func attention(_ place: URL) throws -> AttentionChoice {
        guard modelType == "yoso" else { return .softmax }
        guard usesExpectation ?? true, convolution == nil else {
            throw CheckpointError(place, "YOSO with sampling or a convolution; only use_expectation is supported")
        }
        return .yosoExpectation(
            YosoExpectationOptions(
                bits: hashBits ?? 9, gradient: usesLowerBoundGradient ?? true ? .lowerBound : .exact))
    }
}
