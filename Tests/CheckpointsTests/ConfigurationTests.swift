import Foundation
import Testing

@testable import Checkpoints

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
        configuration.remember { ($0.task, $0.length) = ("sst2", 64) }
        try configuration.write(to: folder.url)
        #expect(try HuggingFaceConfiguration(of: folder.url) == configuration)
        configuration.remember { $0 = Provenance() }
        #expect(configuration.provenance == nil)
        #expect(configuration.labelNames == ["negative", "positive"])
        // As transformers writes a classifier of two nameless labels.
        configuration.labels = nil
        configuration.architectures = ["BertForSequenceClassification"]
        #expect(configuration.labelNames == ["LABEL_0", "LABEL_1"])
        configuration.architectures = ["BertForMaskedLM"]
        #expect(configuration.labelNames == nil)
        // As older programs wrote every model.
        configuration.labels = ["0": "LABEL_0", "1": "LABEL_1"]
        #expect(configuration.labelNames == nil)
        configuration.architectures = nil
        #expect(configuration.labelNames == ["LABEL_0", "LABEL_1"])
    }

    /// As transformers names them.
    @Test func labelsMayBeANumber() throws {
        let folder = try TemporaryFolder()
        var configuration = bert
        configuration.architectures = ["BertForSequenceClassification"]
        for (count, names) in [(3, ["LABEL_0", "LABEL_1", "LABEL_2"]), (2, ["LABEL_0", "LABEL_1"]), (1, ["LABEL_0"])] {
            try configuration.write(to: folder.url)
            let url = folder.file("config.json")
            var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
            object["num_labels"] = count
            try JSONSerialization.data(withJSONObject: object).write(to: url)
            #expect(try HuggingFaceConfiguration(of: folder.url).labelNames == names)
        }
    }

    @Test func keysOfOthersAreTolerated() throws {
        #expect(try problem { $0["transformers_version"] = "5.23.0" } == nil)
    }

    @Test func keysThatNobodyKnowsAreFound() throws {
        let folder = try TemporaryFolder()
        var configuration = bert
        configuration.remember { $0.task = "sst2" }
        try configuration.write(to: folder.url)
        let url = folder.file("config.json")
        #expect(HuggingFaceConfiguration.unknownKeys(of: folder.url) == [])
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
        // A sample of what transformers and Google wrote, and two that change what a model computes.
        for key in [
            "_name_or_path", "bos_token_id", "chunk_size_feed_forward", "dtype", "torch_dtype", "use_cache",
            "add_cross_attention",
            "directionality", "transformers_version", "output_past", "gradient_checkpointing", "use_rotary", "auto_map",
        ] { object[key] = 3 }
        try JSONSerialization.data(withJSONObject: object).write(to: url)
        object["yoso"] = ["task": "sst2", "tusk": "ivory"]
        try JSONSerialization.data(withJSONObject: object).write(to: url)
        #expect(HuggingFaceConfiguration.unknownKeys(of: folder.url) == ["auto_map", "use_rotary", "yoso.tusk"])
    }

    /// Reading lists the keys once more.
    @Test func everyKeyOfTheOriginIsReadAgain() throws {
        let keys = Provenance.CodingKeys.allCases.map(\.stringValue)
        var object: [String: Any] = Dictionary(uniqueKeysWithValues: keys.map { ($0, "of \($0)") })
        object["length"] = 64
        let origin = try JSONDecoder().decode(Provenance.self, from: JSONSerialization.data(withJSONObject: object))
        let again = try JSONSerialization.jsonObject(with: JSONEncoder().encode(origin)) as? NSDictionary
        #expect(again == object as NSDictionary && Mirror(reflecting: origin).children.count == keys.count)
    }

    @Test func aLengthThatIsTextIsReadAsEarlierProgramsWroteIt() throws {
        let folder = try TemporaryFolder()
        func length(_ value: Any) throws -> Int? {
            try bert.write(to: folder.url)
            let url = folder.file("config.json")
            var object = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
            object["yoso"] = ["length": value]
            try JSONSerialization.data(withJSONObject: object).write(to: url)
            return try HuggingFaceConfiguration(of: folder.url).provenance?.length
        }
        #expect(try length("128") == 128 && length(64) == 64)
        for damaged: Any in ["12x", 1.5, [1]] {
            #expect(message { _ = try length(damaged) } == "the value of 'yoso.length' is of a wrong type")
        }
    }

    @Test func whatCannotBeHonouredIsRefused() throws {
        #expect(
            try problem { $0["hidden_act"] = "relu" }
                == "hidden_act is 'relu'; wanted gelu, gelu_python, gelu_new, gelu_pytorch_tanh, gelu_fast")
        for (key, value, text) in [
            ("is_decoder", true, "'is_decoder' is true; only encoders are supported"),
            ("add_cross_attention", true, "'add_cross_attention' is true; only encoders are supported"),
            ("tie_word_embeddings", false, "'tie_word_embeddings' is false; only tied ones are supported"),
            ("pruned_heads", ["0": [1]], "'pruned_heads' is not empty; wanted all heads"),
            ("embedding_size", 16, "'embedding_size' is 16; wanted hidden_size"),
            (
                "quantization_config", ["bits": 8],
                "'quantization_config' is not supported; wanted floating-point weights"
            ),
            ("type_vocab_size", 0, "type_vocab_size is 0; wanted 1 to 1000"),
            ("num_labels", 0, "'num_labels' is 0; wanted 1 to 100000"),
            ("num_labels", 100_001, "'num_labels' is 100001; wanted 1 to 100000"),
            ("id2label", ["x": "a"], "id2label has the key 'x'; wanted numbers"),
            ("id2label", ["0": "a", "01": "b"], "id2label has the key '01'; wanted numbers"),
            ("pad_token_id", 100, "pad_token_id is 100; wanted 0 to 99"),
            ("id2label", ["0": "a", "2": "b"], "id2label does not have the ids 0 to 1, each once"),
            (
                "problem_type", "ranking",
                "problem_type is 'ranking'; wanted regression, single_label_classification, multi_label_classification"
            ),
        ] as [(String, Any, String)] {
            #expect(try problem { $0[key] = value } == text)
        }
        #expect(
            try problem { ($0["num_labels"], $0["id2label"]) = (5, ["0": "no", "1": "yes"]) }
                == "'num_labels' is 5; id2label has 2")
        #expect(try problem { $0["model_type"] = "roberta" } == "model_type is 'roberta'; wanted 'bert' or 'yoso'")
        // Whose sizes have other keys.
        let distil = try problem { ($0["model_type"], $0["dim"], $0["hidden_size"]) = ("distilbert", 768, nil) }
        #expect(distil == "model_type is 'distilbert'; wanted 'bert' or 'yoso'")
        #expect(
            try problem { $0["position_embedding_type"] = "relative_key" }
                == "position_embedding_type is 'relative_key'; wanted 'absolute'")
        #expect(
            try problem { $0["id2label"] = ["0": "yes", "1": "yes"] } == "id2label names two labels 'yes', 'yes'")
        #expect(
            try problem { ($0["id2label"], $0["label2id"]) = (["0": "no", "1": "yes"], ["no": 1, "yes": 0]) }
                == "label2id gives 'no' the id 1, id2label another")
        #expect(
            try problem { ($0["id2label"], $0["problem_type"]) = (["0": "no", "1": "yes"], "regression") }
                == "problem_type is 'regression' of 2 values; wanted one")
    }

    /// Of two, Foundation takes the first and Python the last.
    @Test(arguments: [
        (#"{"hidden_size": 4, "model_type": "bert", "hidden_size": 8}"#, "hidden_size"),
        (#"{"model_type": "bert", "id2label": {"0": "no", "0": "yes"}}"#, "id2label.0"),
    ])
    func keysThatStandTwiceAreRefused(text: String, key: String) throws {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: folder.file("config.json"))
        #expect(
            message(in: folder.url) { _ = try HuggingFaceConfiguration(of: folder.url) }
                == "config.json: the key '\(key)' stands twice")
    }

    @Test func missingAndMistypedKeysAreNamed() throws {
        #expect(try problem { $0["hidden_size"] = nil } == "has no key 'hidden_size'")
        #expect(
            try problem { $0 = ["model_type": "bert", "hidden_size": 4] }
                == "has no keys 'vocab_size', 'num_hidden_layers', 'num_attention_heads', 'intermediate_size'")
        #expect(try problem { $0["hidden_size"] = NSNull() } == "the value of 'hidden_size' is of a wrong type")
        for key in [
            "num_hash", "hash_code_len", "layer_norm_eps", "type_vocab_size", "tie_word_embeddings", "hidden_act",
        ] {
            #expect(try problem { $0[key] = NSNull() } == "the value of '\(key)' is of a wrong type")
        }
        // As transformers writes them.
        for key in ["architectures", "classifier_dropout", "problem_type", "conv_window", "pad_token_id", "dtype"] {
            #expect(try problem { $0[key] = NSNull() } == nil, "\(key)")
        }
        #expect(try problem { $0["hidden_size"] = "big" } == "the value of 'hidden_size' is of a wrong type")
        // Numbers that are no Int.
        for key in ["hidden_size", "max_position_embeddings", "pad_token_id"] {
            for number in [3.5, 1e19] {
                #expect(try problem { $0[key] = number } == "the value of '\(key)' is of a wrong type")
            }
        }
        #expect(try problem { $0["embedding_size"] = 3.5 } == "the value of a key is of a wrong type")
    }

    @Test func whatTransformersHasADefaultForMayBeLeftOut() throws {
        let folder = try TemporaryFolder()
        let sizes =
            #""vocab_size":9,"hidden_size":8,"num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":4"#
        func read(_ type: String) throws -> HuggingFaceConfiguration {
            try Data("{\"model_type\":\"\(type)\",\(sizes)}".utf8).write(to: folder.file("config.json"))
            return try HuggingFaceConfiguration(of: folder.url)
        }
        let bert = try read("bert")
        #expect(bert.positions == 512 && bert.segments == 2 && bert.activation == "gelu" && bert.paddingID == 0)
        #expect(bert.normEpsilon == 1e-12 && bert.dropout == 0.1 && bert.initializerRange == 0.02)
        let yoso = try read("yoso")
        #expect(yoso.positions == 4096 && yoso.segments == 1 && yoso.paddingID == 1)
    }

    @Test func aPointerOfGitIsNoConfiguration() throws {
        let folder = try TemporaryFolder()
        try Data("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n".utf8)
            .write(to: folder.file("config.json"))
        #expect(
            message { _ = try HuggingFaceConfiguration(of: folder.url) }
                == "a pointer of Git LFS, not the file itself; run `git lfs pull` in its repository")
    }

    @Test func aFolderWithoutConfigurationIsNoCheckpoint() throws {
        let folder = try TemporaryFolder()
        #expect(
            message { _ = try HuggingFaceConfiguration(of: folder.url) }
                == "no checkpoint: it has no readable config.json")
    }
}
