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
        .gfsa(order: 3, over: .yoso(YosoOptions(hashes: 9))),
    ])
    func anEncoderComesBackFromItsConfiguration(attention: AttentionChoice) throws {
        let options = TinyRun.encoder(attention: attention)
        let configuration = HuggingFaceConfiguration(options, head: "ForMaskedLM")
        let text = try JSONEncoder().encode(configuration)
        let again = try JSONDecoder().decode(HuggingFaceConfiguration.self, from: text)
        #expect(try again.encoderOptions(place) == options)
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
