import Checkpoints
import Foundation
import Testing

@Suite struct ConfigurationTests {
    private let bert = HuggingFaceConfiguration(
        modelType: "bert", vocabularySize: 100, width: 32, layers: 2, heads: 4, intermediate: 64)

    private func problem(_ change: (inout [String: Any]) -> Void) throws -> String? {
        let folder = try TemporaryFolder()
        try bert.write(to: folder.url)
        let url = folder.file("config.json")
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
        change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: url)
        return message { _ = try HuggingFaceConfiguration(of: folder.url) }
    }

    @Test func roundTrips() throws {
        let folder = try TemporaryFolder()
        var configuration = bert
        configuration.labels = ["0": "negative", "1": "positive"]
        configuration.yoso = ["task": "sst2"]
        try configuration.write(to: folder.url)
        #expect(try HuggingFaceConfiguration(of: folder.url) == configuration)
        #expect(configuration.labelNames == ["negative", "positive"])
        // As transformers writes a classifier of two nameless labels.
        configuration.labels = nil
        configuration.architectures = ["BertForSequenceClassification"]
        #expect(configuration.labelNames == ["LABEL_0", "LABEL_1"])
        configuration.architectures = ["BertForMaskedLM"]
        #expect(configuration.labelNames == nil)
    }

    @Test func keysOfOthersAreTolerated() throws {
        #expect(try problem { $0["transformers_version"] = "5.23.0" } == nil)
    }

    @Test func whatCannotBeHonouredIsRefused() throws {
        #expect(try problem { $0["hidden_act"] = "gelu_new" } == "hidden_act is 'gelu_new'; only 'gelu' is supported")
        #expect(try problem { $0["model_type"] = "roberta" } == "model_type is 'roberta'; wanted 'bert' or 'yoso'")
        #expect(
            try problem { $0["position_embedding_type"] = "relative_key" }
                == "position_embedding_type is 'relative_key'; wanted 'absolute'")
        #expect(try problem { $0["num_attention_heads"] = 5 } == "5 attention heads do not divide hidden_size 32")
        #expect(try problem { $0["num_hidden_layers"] = 0 } == "num_hidden_layers is 0; wanted 1 to 1000")
        #expect(
            try problem { $0["max_position_embeddings"] = 99_999_999_999 }
                == "max_position_embeddings is 99999999999; wanted 1 to 1000000")
        #expect(
            try problem { $0["id2label"] = ["0": "yes", "1": "yes"] } == "id2label names two labels 'yes', 'yes'")
    }

    @Test func missingAndMistypedKeysAreNamed() throws {
        #expect(try problem { $0["hidden_size"] = nil } == "has no key 'hidden_size'")
        #expect(try problem { $0["hidden_size"] = "big" } == "the value of 'hidden_size' is of a wrong type")
    }

    @Test func aFolderWithoutConfigurationIsNoCheckpoint() throws {
        let folder = try TemporaryFolder()
        #expect(
            message { _ = try HuggingFaceConfiguration(of: folder.url) }
                == "no checkpoint: it has no readable config.json")
    }
}
