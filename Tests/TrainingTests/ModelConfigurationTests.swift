import Attention
import Bert
import Checkpoints
import Foundation
import Testing
import Training

@Suite struct ModelConfigurationTests {
    private let place = URL(fileURLWithPath: "config.json")

    @Test(arguments: [
        AttentionChoice.softmax, .yosoExpectation(YosoExpectationOptions(bits: 5, gradient: .exact)),
        .yoso(YosoOptions()),
        .convolved(width: 33, beside: .yoso(YosoOptions(hashes: 7, bits: nil, hash: .gaussian, gradient: .exact))),
        .yoso(YosoOptions(evaluation: .expectation)), .yoso(YosoOptions(evaluation: .sampled(64))),
        .none, .linear, .performer(features: 64), .linformer(rank: 4, length: 40),
        .convolved(width: 33, beside: .nystrom(landmarks: 8)), .local(window: 16), .mra(blocks: 2, isSparse: true),
        .gfsa(order: 3, over: .yoso(YosoOptions(hashes: 9))), .normalizedSoftmax,
        .convolved(width: 5, beside: .softmax),
        .yosoExpectation(YosoExpectationOptions(bits: 24, normalization: .mass)),
        .yoso(
            YosoOptions(
                hashes: 4, bits: nil, estimator: .conditional, kernelBits: 16, normalization: .mass, pairs: 16)),
    ])
    func anEncoderComesBackFromItsConfiguration(attention: AttentionChoice) throws {
        let options = TinyRun.encoder(attention: attention)
        let configuration = HuggingFaceConfiguration(options, head: "ForMaskedLM")
        let text = try JSONEncoder().encode(configuration)
        let again = try JSONDecoder().decode(HuggingFaceConfiguration.self, from: text)
        #expect(try again.encoderOptions(place) == options)
    }

    /// As transformers reads it, a model is what we say, or refused by name.
    @Test(arguments: [
        (AttentionChoice.softmax, "bert"), (.yosoExpectation(YosoExpectationOptions()), "yoso"),
        (.yoso(YosoOptions()), "yoso"), (.yoso(YosoOptions(bits: nil)), "yoso-native"), (.none, "yoso-native"),
        (.linear, "yoso-native"), (.convolved(width: 5, beside: .softmax), "yoso-native"),
        (.convolved(width: 5, beside: .yoso(YosoOptions())), "yoso-native"), (.normalizedSoftmax, "yoso-native"),
        (.yosoExpectation(YosoExpectationOptions(normalization: .mass)), "yoso-native"),
        (.yoso(YosoOptions(normalization: .mass)), "yoso-native"),
        (.yoso(YosoOptions(estimator: .conditional)), "yoso-native"),
    ])
    func whatTransformersHasNotIsCalledByAnotherName(attention: AttentionChoice, type: String) {
        #expect(HuggingFaceConfiguration(TinyRun.encoder(attention: attention), head: "ForMaskedLM").modelType == type)
    }

    /// Widths of convolutions among the options of YOSO and of Nyström attention, and no estimator.
    @Test func earlierCheckpointsAreRead() throws {
        var configuration = HuggingFaceConfiguration(
            modelType: "yoso", vocabularySize: 50, width: 32, layers: 1, heads: 2, intermediate: 64)
        let yoso =
            #"{"yoso":{"_0":{"bits":9,"convolution":33,"evaluation":{"sampled":{}},"gradient":"exact","hash":"gaussian","hashes":7}}}"#
        let options = YosoOptions(hashes: 7, bits: 9, hash: .gaussian, gradient: .exact)
        configuration.yoso = ["attention": yoso]
        #expect(try configuration.encoderOptions(place).attention == .convolved(width: 33, beside: .yoso(options)))
        configuration.yoso = ["attention": #"{"gfsa":{"order":3,"over":\#(yoso)}}"#]
        #expect(
            try configuration.encoderOptions(place).attention
                == .gfsa(order: 3, over: .convolved(width: 33, beside: .yoso(options))))
        configuration.yoso = ["attention": yoso.replacingOccurrences(of: #""convolution":33,"#, with: "")]
        #expect(try configuration.encoderOptions(place).attention == .yoso(options))
        configuration.modelType = "bert"
        configuration.yoso = ["attention": #"{"nystrom":{"landmarks":8,"convolution":33}}"#]
        #expect(
            try configuration.encoderOptions(place).attention == .convolved(width: 33, beside: .nystrom(landmarks: 8)))
        configuration.yoso = ["attention": #"{"yosoExpectation":{"_0":{"bits":5,"gradient":"exact"}}}"#]
        #expect(
            try configuration.encoderOptions(place).attention
                == .yosoExpectation(YosoExpectationOptions(bits: 5, gradient: .exact)))
    }

    @Test func aYosoOfHuggingFaceIsRead() throws {
        var configuration = HuggingFaceConfiguration(
            modelType: "yoso", vocabularySize: 50, width: 32, layers: 1, heads: 2, intermediate: 64)
        configuration.usesExpectation = false
        (configuration.hashes, configuration.hashBits, configuration.convolution) = (16, 8, 9)
        configuration.usesFastHash = false
        #expect(
            try configuration.encoderOptions(place).attention
                == .convolved(width: 9, beside: .yoso(YosoOptions(hashes: 16, bits: 8, hash: .gaussian))))
        configuration.yoso = ["attention": "{}"]
        #expect(throws: CheckpointError.self) { try configuration.encoderOptions(place) }
    }
}
