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
        .init(ValuesOnlyOptions()), .init(LinearOptions()), .init(PerformerOptions(features: 64)),
        .init(LinformerOptions(rank: 4, length: 40)),
        .convolved(width: 33, beside: .init(NystromOptions(landmarks: 8))), .init(LocalOptions(window: 16)),
        .init(MultiresolutionOptions(blocks: 2, isSparse: true)),
        .gfsa(order: 3, over: .yoso(YosoOptions(hashes: 9))), .normalizedSoftmax,
        .init(FlowOptions { $0.allocation = false }),
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

    /// No key of a model, and none of any attention, may be lost on the way to `config.json` and back, nor from a run's identity,
    /// which is made of the same text.
    @Test(
        arguments: [AttentionChoice(YosoOptions(estimator: .conditional, kernelBits: 16))]
            + attentions.map { .init($0.init()) })
    func everyKeyComesBack(attention: AttentionChoice) throws {
        var options = TinyRun.encoder(attention: attention)
        options.attention.kind.fit(positions: options.positions)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try encoder.encode(options.attention)
        for option in EncoderOptions.options(of: options) where option.name != "attention" {
            let values = (1...64).map(String.init) + ["0.25", "true", "false", "none", "auto"] + option.spellings
            let changes = values.compactMap { value -> EncoderOptions? in
                var changed = options
                guard option.read([value], &changed), changed != options, changed.problems.isEmpty,
                    changed.width % changed.heads == 0,
                    changed.attention.problems(headWidth: changed.width / changed.heads).isEmpty
                else { return nil }
                return changed
            }
            // What only some estimator or evaluation has is among the changes of another choice.
            guard let changed = changes.first else {
                #expect(option.name.hasPrefix("attention."), "\(option.name)")
                continue
            }
            let configuration = HuggingFaceConfiguration(changed, head: "ForMaskedLM")
            let written = try JSONEncoder().encode(configuration)
            let again = try JSONDecoder().decode(HuggingFaceConfiguration.self, from: written)
            #expect(try again.encoderOptions(place) == changed, "\(option.name)")
            let isOfAttention = option.name.hasPrefix("attention.") || option.name == "filterOrder"
            #expect(try isOfAttention != (encoder.encode(changed.attention) == text), "\(option.name)")
        }
    }

    /// As transformers reads it, a model is what we say, or refused by name.
    @Test(arguments: [
        (AttentionChoice.softmax, "bert"), (.yosoExpectation(YosoExpectationOptions()), "yoso"),
        (.yoso(YosoOptions()), "yoso"), (.yoso(YosoOptions(bits: nil)), "yoso-native"),
        (.init(ValuesOnlyOptions()), "yoso-native"),
        (.init(LinearOptions()), "yoso-native"), (.convolved(width: 5, beside: .softmax), "yoso-native"),
        (.convolved(width: 5, beside: .yoso(YosoOptions())), "yoso-native"), (.normalizedSoftmax, "yoso-native"),
        (.yosoExpectation(YosoExpectationOptions(normalization: .mass)), "yoso-native"),
        (.yoso(YosoOptions(normalization: .mass)), "yoso-native"),
        (.yoso(YosoOptions(estimator: .conditional)), "yoso-native"),
    ])
    func whatTransformersHasNotIsCalledByAnotherName(attention: AttentionChoice, type: String) {
        #expect(HuggingFaceConfiguration(TinyRun.encoder(attention: attention), head: "ForMaskedLM").modelType == type)
    }

    @Test func whatElseTransformersHasNot() throws {
        for (change, type) in [
            ({ $0.norm = .pre }, "yoso-native"), ({ $0.pooling = .mean }, "yoso-native"),
            ({ $0.head = .dense }, "yoso-native"), ({ $0.embeddingNorm = false }, "yoso-native"),
            ({ $0.initialization = .normal }, "bert"), ({ $0.initialization = .uniform }, "bert"),
        ] as [((inout EncoderOptions) -> Void, String)] {
            var options = TinyRun.encoder()
            change(&options)
            var configuration = HuggingFaceConfiguration(options, head: "ForMaskedLM")
            #expect(configuration.modelType == type && configuration.provenance != nil)
            #expect(try configuration.encoderOptions(place) == options)
            configuration.provenance?.norm = "before"
            let error = #expect(throws: CheckpointError.self) { try configuration.encoderOptions(place) }
            #expect(error?.problem == "the value of 'yoso.norm' is 'before'; wanted post or pre")
        }
    }

    /// Widths of convolutions among the options of YOSO and of Nyström attention, and no estimator.
    @Test func earlierCheckpointsAreRead() throws {
        var configuration = HuggingFaceConfiguration(
            modelType: "yoso", vocabularySize: 50, width: 32, layers: 1, heads: 2, intermediate: 64)
        let yoso =
            #"{"yoso":{"_0":{"bits":9,"convolution":33,"evaluation":{"sampled":{}},"gradient":"exact","hash":"gaussian","hashes":7}}}"#
        let options = YosoOptions(hashes: 7, bits: 9, hash: .gaussian, gradient: .exact)
        configuration.remember { $0.attention = yoso }
        #expect(try configuration.encoderOptions(place).attention == .convolved(width: 33, beside: .yoso(options)))
        configuration.remember { $0.attention = #"{"gfsa":{"order":3,"over":\#(yoso)}}"# }
        #expect(
            try configuration.encoderOptions(place).attention
                == .gfsa(order: 3, over: .convolved(width: 33, beside: .yoso(options))))
        configuration.remember { $0.attention = yoso.replacingOccurrences(of: #""convolution":33,"#, with: "") }
        #expect(try configuration.encoderOptions(place).attention == .yoso(options))
        configuration.modelType = "bert"
        configuration.remember { $0.attention = #"{"nystrom":{"landmarks":8,"convolution":33}}"# }
        #expect(
            try configuration.encoderOptions(place).attention
                == .convolved(width: 33, beside: .init(NystromOptions(landmarks: 8))))
        configuration.remember { $0.attention = #"{"yosoExpectation":{"_0":{"bits":5,"gradient":"exact"}}}"# }
        #expect(
            try configuration.encoderOptions(place).attention
                == .yosoExpectation(YosoExpectationOptions(bits: 5, gradient: .exact)))
    }

    /// A configuration is held to the ranges of recipes: each of these trapped, or took all memory.
    @Test(arguments: [
        (AttentionChoice(NystromOptions(landmarks: 0)), "model.attention.landmarks is 0; wanted 1 to 4096"),
        (.init(PerformerOptions(features: -1)), "model.attention.features is -1; wanted 1 to 4096"),
        (.init(LinformerOptions(rank: 0, length: 40)), "model.attention.rank is 0; wanted 1 to 4096"),
        (
            .init(LinformerOptions(rank: 1, length: .max)),
            "model.attention.length is 9223372036854775807; wanted 1 to 1000000"
        ),
        (.init(LocalOptions(window: .max)), "model.attention.window is 9223372036854775807; wanted 1 to 1000000"),
        (.init(MultiresolutionOptions(blocks: 0, isSparse: true)), "model.attention.blocks is 0; wanted 1 to 1000000"),
        (
            .yoso(YosoOptions(hashes: .max)),
            "model.attention.hashes is 9223372036854775807; wanted 1 to 65535"
        ),
        (
            .yoso(YosoOptions(evaluation: .sampled(0))),
            "model.attention.evaluationHashes is 0; wanted 1 to 65535"
        ),
        (
            .yoso(YosoOptions(hashes: .max, bits: nil, estimator: .conditional, kernelBits: 16, pairs: 128)),
            "model.attention.hashes is 9223372036854775807; wanted 1 to 65535"
        ),
        (
            .yoso(YosoOptions(bits: 100, estimator: .conditional, kernelBits: 16)),
            "model.attention.bits is 100; wanted 1 to 16"
        ),
        (
            .yoso(YosoOptions(bits: nil, estimator: .conditional, kernelBits: 16, pairs: .max)),
            "model.attention.pairs is 9223372036854775807; wanted 1 to 65535"
        ),
        (.gfsa(order: 0, over: .softmax), "model.filterOrder is 0; wanted 1 to 100"),
        (.convolved(width: 4, beside: .softmax), "model.attention.convolution is 4; wanted an odd width"),
        (.convolved(width: -3, beside: .softmax), "model.attention.convolution is -3; wanted 1 to 1023"),
    ]) func anAttentionOutOfRangeIsRefused(attention: AttentionChoice, problem: String) throws {
        let configuration = HuggingFaceConfiguration(TinyRun.encoder(attention: attention), head: "ForMaskedLM")
        let error = #expect(throws: CheckpointError.self) { try configuration.encoderOptions(place) }
        #expect(error?.problem == problem)
    }

    @Test(arguments: [
        (
            #"{"gfsa":{"order":2,"over":{"gfsa":{"order":2,"over":{"softmax":{}}}}}}"#,
            "model.filterOrder stands over another filter; wanted one"
        ),
        (
            #"{"convolved":{"width":3,"beside":{"gfsa":{"order":2,"over":{"softmax":{}}}}}}"#,
            "model.attention.convolution stands beside another one or a filter; wanted a plain attention"
        ),
        (#"{"soft":{}}"#, #"the value of 'yoso.attention' is no attention: {"soft":{}}"#),
        (#"{"mra":{"blocks":1}}"#, #"the value of 'yoso.attention' is no attention: {"mra":{"blocks":1}}"#),
        // As of a newer version; a norm is said by the name.
        (
            #"{"softmax":{"queryKeyNorm":true}}"#,
            #"'yoso.attention' has the key 'queryKeyNorm', which this version does not know: {"softmax":{"queryKeyNorm":true}}"#
        ),
        (
            #"{"gfsa":{"order":2,"over":{"nystrom":{"landmarks":8,"landmark":4}}}}"#,
            "'yoso.attention' has the key 'landmark', which this version does not know: "
                + #"{"gfsa":{"order":2,"over":{"nystrom":{"landmarks":8,"landmark":4}}}}"#
        ),
        (
            #"{"linear":{"convolution":3}}"#,
            #"'yoso.attention' has the key 'convolution', which this version does not know: {"linear":{"convolution":3}}"#
        ),
    ]) func anAttentionThatIsNoneIsRefused(text: String, problem: String) throws {
        var configuration = HuggingFaceConfiguration(TinyRun.encoder(), head: "ForMaskedLM")
        configuration.remember { $0.attention = text }
        let error = #expect(throws: CheckpointError.self) { try configuration.encoderOptions(place) }
        #expect(error?.problem == problem)
    }

    /// A size far beyond would end in no memory.
    @Test func anEncoderOutOfRangeIsRefused() {
        func problem(_ change: (inout HuggingFaceConfiguration) -> Void) -> String? {
            var configuration = HuggingFaceConfiguration(
                modelType: "bert", vocabularySize: 100, width: 32, layers: 2, heads: 4, intermediate: 64)
            change(&configuration)
            do { _ = try configuration.encoderOptions(place) } catch { return (error as? CheckpointError)?.problem }
            return nil
        }
        #expect(problem { $0.heads = 5 } == "5 attention heads do not divide hidden_size 32")
        #expect(problem { $0.heads = 0 } == "num_attention_heads is 0; wanted 1 to 1024")
        #expect(problem { $0.layers = 0 } == "num_hidden_layers is 0; wanted 1 to 1000")
        #expect(
            problem { $0.positions = 99_999_999_999 }
                == "max_position_embeddings is 99999999999; wanted 1 to 1000000")
        #expect(problem { $0.vocabularySize = 0 } == "vocab_size is 0; wanted 1 to 10000000")
        #expect(problem { $0.normEpsilon = -1 } == "layer_norm_eps is -1.0; wanted 1e-30 to 1.0")
        #expect(problem { $0.dropout = 1.5 } == "hidden_dropout_prob is 1.5; wanted 0.0 to 0.99")
        #expect(
            problem { $0.attentionDropout = 1e30 } == "attention_probs_dropout_prob is 1e+30; wanted 0.0 to 0.99")
        // As our own configurations say 99%.
        #expect(problem { $0.dropout = Double(Float(0.99)) } == nil)
    }

    /// The text is also what the identity of a run is made of.
    @Test(arguments: [
        (
            AttentionChoice.convolved(width: 33, beside: .yoso(YosoOptions(evaluation: .sampled(64)))),
            #"{"convolved":{"beside":{"yoso":{"_0":{"bits":9,"estimator":"counts","evaluation":{"sampled":{"_0":64}},"#
                + #""gradient":"lowerBound","hash":"hadamard","hashes":32,"normalization":"l2"}}},"width":33}}"#
        ),
        (.softmax, #"{"softmax":{}}"#),
        (.gfsa(order: 3, over: .normalizedSoftmax), #"{"gfsa":{"order":3,"over":{"normalizedSoftmax":{}}}}"#),
        (.init(MultiresolutionOptions(blocks: 2, isSparse: true)), #"{"mra":{"blocks":2,"isSparse":true}}"#),
        (.init(LinformerOptions(rank: 4, length: 40)), #"{"linformer":{"length":40,"rank":4}}"#),
    ]) func attentionsAreSaidAsEver(attention: AttentionChoice, text: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(attention), as: UTF8.self) == text)
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
        configuration.remember { $0.attention = "{}" }
        #expect(throws: CheckpointError.self) { try configuration.encoderOptions(place) }
    }
}
