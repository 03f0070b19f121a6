import Attention
import Bert
import Checkpoints
import Export
import Foundation
import Inference
import Testing

@Suite struct HubFolderTests {
    private func write(
        _ checkpoint: SmallCheckpoint, _ format: HubFolder.Format = .safetensors(.fp32), to name: String = "out"
    ) throws {
        let folder = try HubFolder(of: checkpoint.model) { Issue.record("\($0)") }
        try folder.write(to: checkpoint.file(name).path, as: format, by: "yoso of a test")
    }

    /// What is wrong, without the folder in front; nil where nothing is.
    private func problem(_ checkpoint: SmallCheckpoint, _ format: HubFolder.Format = .safetensors(.fp32)) -> String? {
        do {
            try write(checkpoint, format)
            return nil
        } catch {
            #expect(!FileManager.default.fileExists(atPath: checkpoint.file("out").path))
            #expect(
                (try? FileManager.default.contentsOfDirectory(atPath: checkpoint.folder.path).sorted()) == [
                    "model", "vocab.txt",
                ])
            return "\(error)".replacingOccurrences(of: checkpoint.folder.path + "/", with: "")
        }
    }

    @Test(arguments: WeightPrecision.allCases) func aFolderIsTheCheckpointRounded(precision: WeightPrecision) throws {
        let checkpoint = try SmallCheckpoint()
        try write(checkpoint, .safetensors(precision))
        let (files, originals) = (try WeightFiles(of: checkpoint.file("out")), try WeightFiles(of: checkpoint.model))
        #expect(files.names == originals.names)
        for name in files.names {
            #expect(files.shape(of: name) == originals.shape(of: name))
            #expect(try files.floats(name) == originals.floats(name).map(precision.rounded))
        }
        let configuration = try HuggingFaceConfiguration(of: checkpoint.file("out"))
        #expect(try configuration == HuggingFaceConfiguration(of: checkpoint.model))
        let names = try FileManager.default.contentsOfDirectory(atPath: checkpoint.file("out").path).sorted()
        #expect(
            names == [
                "README.md", "checksums.json", "config.json", "model.safetensors", "tokenizer.json",
                "tokenizer_config.json", "vocab.txt",
            ])
        // Readers of ours take it for a checkpoint, and every file is held to the list but the one to write in.
        let texts = ["a b c", "some [MASK] words"]
        let vectors = try SentenceEmbedding(checkpoint.file("out")).vectors(texts)
        for (one, other) in zip(vectors.joined(), try SentenceEmbedding(checkpoint.model).vectors(texts).joined()) {
            #expect(abs(one - other) < (precision == .fp32 ? 1e-7 : 0.03))
        }
        try Data("# mine\n".utf8).write(to: checkpoint.file("out").appendingPathComponent("README.md"))
        let filling = try MaskFilling(checkpoint.file("out"))
        #expect(try filling.words(filling.encoded("a [MASK]"), atMost: 3).count == 1)
    }

    /// Other programs cut an input there: at the positions, or where a foreign tokenizer says.
    @Test func lengthsOfInputsGoAlong() throws {
        let checkpoint = try SmallCheckpoint()
        let name = "tokenizer_config.json"
        func length(_ folder: String) throws -> Int? {
            let data = try Data(contentsOf: checkpoint.file(folder).appendingPathComponent(name))
            struct Content: Decodable { let modelMaxLength: Int }
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Content.self, from: data).modelMaxLength
        }
        #expect(try length("model") == 64)
        try write(checkpoint)
        #expect(try length("out") == 64)
        try FileManager.default.removeItem(at: checkpoint.file("model").appendingPathComponent("checksums.json"))
        for (said, wanted) in [("32", 32), ("1000000000000000019884624838656", 64), ("100", 64), ("null", 64)] {
            try Data("{\"model_max_length\": \(said)}".utf8).write(to: checkpoint.model.appendingPathComponent(name))
            try write(checkpoint, to: "out-\(said)")
            #expect(try length("out-\(said)") == wanted)
        }
    }

    /// What people wrote in the card of a checkpoint is not lost.
    @Test func anEarlierCardIsKept() throws {
        let checkpoint = try SmallCheckpoint()
        let name = "README.md"
        try write(checkpoint)
        func card(_ folder: String) throws -> String {
            try String(contentsOf: checkpoint.file(folder).appendingPathComponent(name), encoding: .utf8)
        }
        #expect(try card("out").contains("They do not tell the language and license of what it learned from"))
        let own =
            "---\nlibrary_name: mine\nlanguage:\n- en\n- de\ntags:\n- x\nlicense: mit\n---\n\n# Mine\n\nOf letters.\n"
        try Data(own.utf8).write(to: checkpoint.model.appendingPathComponent(name))
        try write(checkpoint, .onnx(hiddenStates: false), to: "again")
        let again = try card("again")
        #expect(again.hasPrefix("---\nlanguage:\n- en\n- de\nlicense: mit\nlibrary_name: onnx\n"), "\(again)")
        #expect(again.hasSuffix("## The card before the export\n\n# Mine\n\nOf letters.\n"))
        #expect(!again.contains("They do not tell") && !again.contains("mine\n"))
    }

    @Test func whatIsThereIsNotOverwritten() throws {
        let checkpoint = try SmallCheckpoint()
        try write(checkpoint)
        let card = try Data(contentsOf: checkpoint.file("out").appendingPathComponent("README.md"))
        #expect(
            throws: CheckpointError(
                checkpoint.file("out"), "is there already, and nothing is overwritten; choose another --output")
        ) {
            try write(checkpoint)
        }
        #expect(try Data(contentsOf: checkpoint.file("out").appendingPathComponent("README.md")) == card)
    }

    @Test func aWeightThatANumberOf16BitsHasNotIsNamed() throws {
        let name = "bert.encoder.layer.1.output.dense.weight"
        let large = try SmallCheckpoint(change: { if $0 == name { $1 = 65_519.9 } })
        #expect(problem(large, .safetensors(.fp16)) == nil)
        let larger = try SmallCheckpoint(change: { if $0 == name { $1 = -65_520 } })
        #expect(
            problem(larger, .safetensors(.fp16))
                == "model/model.safetensors: \(name) holds 65520.0, which fp16 has no number for; choose another --precision"
        )
        #expect(problem(larger, .safetensors(.bf16)) == nil)
    }

    @Test(arguments: [HubFolder.Format.safetensors(.bf16), .onnx(hiddenStates: true)])
    func aModelThatDivergedIsRefused(format: HubFolder.Format) throws {
        let checkpoint = try SmallCheckpoint(change: { if $0 == "bert.embeddings.LayerNorm.bias" { $1 = .nan } })
        #expect(
            problem(checkpoint, format)
                == "model/model.safetensors: bert.embeddings.LayerNorm.bias holds values that are no finite numbers; "
                + "wanted a model that did not diverge")
    }

    @Test func damagedAndForeignFilesAreNamed() throws {
        let checkpoint = try SmallCheckpoint()
        let weights = checkpoint.model.appendingPathComponent("model.safetensors")
        let whole = try Data(contentsOf: weights)
        var damaged = whole
        damaged[damaged.count - 3] ^= 1
        try damaged.write(to: weights)
        #expect(problem(checkpoint)?.hasPrefix("model/model.safetensors: damaged: SHA-256 is ") == true)
        try whole.write(to: weights)
        let list = checkpoint.model.appendingPathComponent("checksums.json")
        let (checksums, configuration) = (
            try Data(contentsOf: list), checkpoint.model.appendingPathComponent("config.json")
        )
        try FileManager.default.removeItem(at: list)
        let text = try String(contentsOf: configuration, encoding: .utf8)
        try Data(text.replacing("\"bert\"", with: "\"t5\"").utf8).write(to: configuration)
        #expect(problem(checkpoint) == "model/config.json: model_type is 't5'; wanted 'bert' or 'yoso'")
        try Data(text.utf8).write(to: configuration)
        try FileManager.default.moveItem(at: weights, to: checkpoint.model.appendingPathComponent("pytorch_model.bin"))
        #expect(problem(checkpoint)?.hasPrefix("model: holds pytorch_model.bin alone; convert it: ") == true)
        try FileManager.default.removeItem(at: checkpoint.model.appendingPathComponent("pytorch_model.bin"))
        try whole.write(to: weights)
        try checksums.write(to: list)
        #expect(problem(checkpoint) == nil)
    }

    /// What sentence-transformers wrote beside a model goes along, and nothing outside of the folder is written.
    @Test func modulesGoAlong() throws {
        let checkpoint = try SmallCheckpoint(.softmax, .none)
        func add(_ text: String, _ name: String) throws {
            let url = checkpoint.model.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        func modules(_ types: (String, String)...) -> String {
            let all = types.map { #"{"type": "sentence_transformers.models.\#($0)", "path": "\#($1)"}"# }
            return "[\(all.joined(separator: ", "))]"
        }
        try add(modules(("Transformer", ""), ("Pooling", "1_Pooling")), "modules.json")
        try add(#"{"pooling_mode_cls_token": true}"#, "1_Pooling/config.json")
        try write(checkpoint)
        let texts = ["a b c d"]
        #expect(
            try SentenceEmbedding(checkpoint.file("out")).vectors(texts)
                == SentenceEmbedding(checkpoint.model, pooling: .first).vectors(texts))
        let inner = checkpoint.file("out").appendingPathComponent("1_Pooling/config.json")
        try Data(#"{"pooling_mode_mean_tokens": true}"#.utf8).write(to: inner)
        #expect(throws: CheckpointError.self) { try SentenceEmbedding(checkpoint.file("out")) }
        try FileManager.default.removeItem(at: checkpoint.file("out"))
        try add(modules(("Pooling", "../../stolen")), "modules.json")
        try add(#"{"pooling_mode_cls_token": true}"#, "../../stolen/config.json")
        defer { try? FileManager.default.removeItem(at: checkpoint.folder.appendingPathComponent("../stolen")) }
        #expect(
            problem(checkpoint)
                == "model/modules.json: names a path outside of the folder, '../../stolen'")
        #expect(throws: CheckpointError.self) { try SentenceEmbedding(checkpoint.model) }
    }

    @Test(arguments: [
        (AttentionChoice.softmax, SmallCheckpoint.Head.words, "AutoModelForMaskedLM"),
        (.softmax, .classes, "AutoModelForSequenceClassification"),
        (.yosoExpectation(YosoExpectationOptions()), .words, "AutoModelForMaskedLM"),
        (.yosoExpectation(YosoExpectationOptions()), .none, "AutoModel"),
    ]) func cardsSayHowTransformersReads(attention: AttentionChoice, head: SmallCheckpoint.Head, loader: String) throws
    {
        let checkpoint = try SmallCheckpoint(attention, head)
        try write(checkpoint)
        let card = try String(contentsOf: checkpoint.file("out").appendingPathComponent("README.md"), encoding: .utf8)
        #expect(card.contains("    from transformers import AutoTokenizer, \(loader)\n"), "\(card)")
        #expect(
            card.contains("pass it texts of one length at a time.\n\nor, without Python:\n") == (attention != .softmax))
    }

    @Test(arguments: [
        (AttentionChoice.yoso(YosoOptions()), "yoso has no ONNX form; wanted softmax or yosoExpectation"),
        (.init(LinearOptions()), "linear has no ONNX form; wanted softmax or yosoExpectation"),
        (.init(NystromOptions(landmarks: 8)), "nystrom has no ONNX form; wanted softmax or yosoExpectation"),
        (
            .convolved(width: 5, beside: .softmax),
            "attention.convolution has no ONNX form here; wanted an attention without it"
        ),
        (.gfsa(order: 3, over: .softmax), "filterOrder has no ONNX form here; wanted an attention without it"),
        (
            .yoso(YosoOptions(bits: nil, evaluation: .expectation)),
            "yoso with bits that follow the length has no ONNX form; wanted a number of bits"
        ),
    ]) func whatHasNoOnnxFormIsRefusedByName(attention: AttentionChoice, wanted: String) throws {
        let checkpoint = try SmallCheckpoint(attention)
        #expect(problem(checkpoint, .onnx(hiddenStates: false)) == "model: " + wanted)
        #expect(problem(checkpoint, .safetensors(.bf16)) == nil)
        let card = try String(contentsOf: checkpoint.file("out").appendingPathComponent("README.md"), encoding: .utf8)
        let isSampled = attention == .yoso(YosoOptions())
        #expect(card.contains("transformers has no such encoder") == !isSampled)
        #expect(card.contains("which draw other hashes at every call") == isSampled)
    }
}
