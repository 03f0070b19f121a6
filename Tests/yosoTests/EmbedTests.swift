import Foundation
import Testing

/// `yoso embed` from a pretrained run.
@Suite struct EmbedTests {
    private struct Line: Decodable {
        let embedding: [Float]?
        let error: String?
        let id: Int?
    }

    private func lines(_ output: String) throws -> [Line] {
        try output.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    }

    private let sentences = "the cat sat on the mat\na dog ran\n\n{\"text\": \"she read a letter\", \"id\": 7}\n"

    @Test(arguments: ["mean", "first"]) func vectorsAreOfUnitLengthWhateverTheirCompany(pooling: String) throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let command = ["embed", "--checkpoint", "run", "--pooling", pooling]
        let all = try tool.run(command, input: sentences)
        #expect(all.code == 0, "\(all.error)")
        let vectors = try lines(all.output)
        #expect(vectors.count == 4 && vectors[3].id == 7)
        for vector in vectors.compactMap(\.embedding) {
            #expect(vector.count == 16 && abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        let single = try tool.run(command + ["--batch", "1", "--threads", "1"], input: sentences)
        let alone = try lines(single.output)
        #expect(single.code == 0 && alone.count == 4, "\(single.error)")
        for (one, other) in zip(vectors, alone) {
            #expect(one.embedding?.count == other.embedding?.count)
            for (a, b) in zip(one.embedding ?? [], other.embedding ?? []) { #expect(abs(a - b) < 1e-5) }
        }
        let array = try tool.run(command + ["--output", "vectors.npy"], input: sentences)
        #expect(array.code == 0 && array.output.isEmpty, "\(array.error)")
        let data = try Data(contentsOf: tool.file("vectors.npy"))
        #expect(data.count % 64 == 0 && data.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]))
        let header = String(decoding: data.dropFirst(10).prefix(Int(data[8])), as: UTF8.self)
        #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (4, 16), }"), "\(header)")
        let values = data.suffix(4 * 64).withUnsafeBytes { bytes in
            (0..<64).map { Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
        #expect(values == vectors.flatMap { $0.embedding ?? [] })
    }

    @Test func whatIsNoTextIsSaidWithItsLine() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let command = ["embed", "--checkpoint", "run"]
        let pair = try tool.run(command, input: "one\ntwo\tthree\n")
        #expect(pair.code == 1 && pair.error.contains("1 of 2 lines"))
        #expect(try lines(pair.output)[1].error == "two texts, but a vector is of one")
        let array = try tool.run(command + ["--output", "v.npy"], input: "one\ntwo\tthree\n")
        #expect(array.error == "Error: standard input:2: two texts, but a vector is of one\n" && array.code == 1)
        #expect(!tool.exists("v.npy"))
        let nowhere = try tool.run(["embed", "--checkpoint", "nowhere", "--output", "no/v.npy"], input: "one\n")
        #expect(nowhere.error.hasPrefix("Error: no: no such folder") && nowhere.code == 1, "\(nowhere.error)")
    }

    /// Of sentence-transformers: what makes the vector is followed, or refused by name.
    @Test func modulesBesideAModelCount() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        try FileManager.default.copyItem(at: tool.file("run/best").resolvingSymlinksInPath(), to: tool.file("model"))
        try FileManager.default.removeItem(at: tool.file("model/checksums.json"))
        func embed(_ more: [String] = []) throws -> (output: String, error: String) {
            let result = try tool.run(["embed", "--checkpoint", "model"] + more, input: "the cat sat on the mat\n")
            return (result.output, result.error)
        }
        func modules(_ types: String...) -> String {
            "["
                + types.map {
                    let path = $0 == "Pooling" ? "1_Pooling" : ""
                    return "{\"type\": \"sentence_transformers.models.\($0)\", \"path\": \"\(path)\"}"
                }.joined(separator: ", ") + "]"
        }
        let (mean, first) = (try embed().output, try embed(["--pooling", "first"]).output)
        #expect(mean != first)
        try tool.write(modules("Transformer", "Pooling", "Normalize"), to: "model/modules.json")
        try tool.write(
            "{\"pooling_mode_cls_token\": true, \"word_embedding_dimension\": 16}", to: "model/1_Pooling/config.json")
        #expect(try embed().output == first)
        try tool.write("{\"pooling_mode_mean_tokens\": true}", to: "model/1_Pooling/config.json")
        #expect(try embed().output == mean)
        // By name since sentence-transformers 6.
        try tool.write("{\"pooling_mode\": \"cls\", \"include_prompt\": true}", to: "model/1_Pooling/config.json")
        #expect(try embed().output == first)
        try tool.write("{\"pooling_mode\": \"max\"}", to: "model/1_Pooling/config.json")
        #expect(
            try embed().error == "Error: model/1_Pooling/config.json: pooling_mode max; wanted mean or cls\n")
        try tool.write("{\"pooling_mode\": \"mean\"}", to: "model/1_Pooling/config.json")
        #expect(try embed().output == mean)
        try tool.write("{\"transformer_task\": \"fill-mask\"}", to: "model/sentence_bert_config.json")
        #expect(
            try embed().error == "Error: model/sentence_bert_config.json: 'transformer_task' is 'fill-mask'; wanted "
                + "feature-extraction\n")
        try FileManager.default.removeItem(at: tool.file("model/sentence_bert_config.json"))
        let cut = try embed(["--length", "8"]).output
        #expect(!cut.isEmpty && cut != mean)
        try tool.write("{\"max_seq_length\": 8, \"do_lower_case\": false}", to: "model/sentence_bert_config.json")
        #expect(try embed().output == cut)
        try tool.write("{\"do_lower_case\": true}", to: "model/sentence_bert_config.json")
        #expect(
            try embed().error == "Error: model/sentence_bert_config.json: 'do_lower_case' is true; wanted a tokenizer "
                + "that folds case itself\n")
        try tool.write("{}", to: "model/sentence_bert_config.json")
        try tool.write("{\"default_prompt_name\": \"query\"}", to: "model/config_sentence_transformers.json")
        #expect(
            try embed().error == "Error: model/config_sentence_transformers.json: 'default_prompt_name' is 'query'; "
                + "wanted null, for no text is put in front of another\n")
        for (key, value, said) in [
            ("truncate_dim", "64", "64, which is not implemented; wanted it away"),
            ("model_type", "\"SparseEncoder\"", "'SparseEncoder'; wanted SentenceTransformer"),
        ] {
            try tool.write("{\"\(key)\": \(value)}", to: "model/config_sentence_transformers.json")
            #expect(
                try embed().error == "Error: model/config_sentence_transformers.json: '\(key)' is \(said)\n")
        }
        // As sentence-transformers 6 writes them.
        try tool.write(
            """
            {"__version__": {"transformers": "5.24"}, "default_prompt_name": "document", "model_type": "SentenceTransformer",
             "prompts": {"query": "query: ", "document": ""}, "similarity_fn_name": "cosine", "truncate_dim": null}
            """, to: "model/config_sentence_transformers.json")
        let limits = ["sentence_bert_config.json", "sentence_distilbert_config.json"].map { "model/\($0)" }
        try tool.write("{\"processing_kwargs\": {\"text\": {\"max_length\": 4}}}", to: limits[0])
        #expect(try embed().error.hasPrefix("Error: \(limits[0]): 'processing_kwargs' is {\"text\""))
        try tool.write(
            """
            {"transformer_task": "feature-extraction", "module_output_name": "token_embeddings", "unpad_inputs": true,
             "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
             "processing_kwargs": {}, "max_seq_length": 8}
            """, to: limits[0])
        #expect(try embed().output == cut)
        // The name of another kind of model counts where that of BERT is missing.
        try FileManager.default.moveItem(at: tool.file(limits[0]), to: tool.file(limits[1]))
        #expect(try embed().output == cut)
        try FileManager.default.removeItem(at: tool.file(limits[1]))
        try tool.write("{\"pooling_mode_max_tokens\": true}", to: "model/1_Pooling/config.json")
        #expect(
            try embed().error == "Error: model/1_Pooling/config.json: pooling_mode_max_tokens; wanted "
                + "pooling_mode_mean_tokens or pooling_mode_cls_token\n")
        try tool.write(modules("Transformer", "Dense"), to: "model/modules.json")
        #expect(
            try embed().error == "Error: model/modules.json: the module 'sentence_transformers.models.Dense' is not "
                + "supported; wanted Transformer, Pooling, Normalize of sentence_transformers\n")
        try tool.write("[{\"type\": \"custom_st.Pooling\", \"path\": \"1_Pooling\"}]", to: "model/modules.json")
        #expect(try embed().error.contains("the module 'custom_st.Pooling' is not supported"))
        try tool.write(
            modules("Transformer").replacingOccurrences(of: "\"\"", with: "\"0_Transformer\""),
            to: "model/modules.json")
        #expect(
            try embed().error
                == "Error: model/modules.json: the model is in '0_Transformer'; wanted it beside modules.json\n")
        try tool.write("[", to: "model/modules.json")
        #expect(try embed().error == "Error: model/modules.json: damaged: not what sentence-transformers writes\n")
        try tool.write("{}", to: "model/adapter_config.json")
        try FileManager.default.removeItem(at: tool.file("model/modules.json"))
        let adapter = "an adapter of PEFT is not applied; wanted it merged into the weights"
        #expect(try embed().error == "Error: model/adapter_config.json: \(adapter)\n")
    }
}
