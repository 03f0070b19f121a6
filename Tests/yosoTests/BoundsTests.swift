import Checkpoints
import Foundation
import Testing

/// Numbers, files and lines that no machine could hold end in one line, soon.
@Suite(.serialized) struct BoundsTests {
    private func expect(
        _ result: CommandLineTool.Result, code: Int32 = 1, _ message: String,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(result.code == code, "\(result.error)", sourceLocation: location)
        #expect(result.error.contains("Error: " + message + "\n"), "\(result.error)", sourceLocation: location)
    }

    private func change(_ file: URL, _ change: (inout [String: Any]) -> Void) throws {
        var object = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
        change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: file)
    }

    @Test func sizesOfAVocabulary() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let train = ["vocab", "train", "--input", "text", "--output", "words"]
        expect(
            try tool.run(train + ["--size", "2147483647"]), code: 64, "--size 2147483647; wanted at most 10,000,000")
        expect(
            try tool.run(train + ["--size", "40", "--paragraphs", "9223372036854775807"]), code: 64,
            "--paragraphs 9223372036854775807; wanted 1 to 1,000,000,000")
        #expect(try tool.run(train + ["--size", "30", "--paragraphs", "1000000000"]).code == 0)
    }

    @Test func countsOfStepsAndSeeds() throws {
        let tool = try CommandLineTool()
        for at in ["0", "1000000001", "9223372036854775807"] {
            expect(
                try tool.run("verify-resume", "tiny", "--at", at), code: 64, "--at \(at); wanted 1 to 1,000,000,000")
        }
        for seeds in ["0", "1001", "9223372036854775807"] {
            expect(
                try tool.run("finetune", "--task", "sst2", "--seeds", seeds), code: 64,
                "--seeds \(seeds): wanted 1 to 1,000")
        }
    }

    @Test func shapesAreComparedBeforeMemoryIsTaken() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let configuration = tool.file("run/best/config.json").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: tool.file("run/best/checksums.json"))
        try change(configuration) { $0["vocab_size"] = 10_000_000 }
        expect(
            try tool.run(tool.finetuning()),
            "run/best/model.safetensors: bert.embeddings.word_embeddings.weight has shape [1200, 16]; wanted [10000000, 16]"
        )
        try change(configuration) {
            $0["vocab_size"] = 1200
            $0["num_hidden_layers"] = 1000
        }
        expect(
            try tool.run(tool.finetuning()),
            "run/best/model.safetensors: has no tensor bert.encoder.layer.999.attention.self.query.weight")
        try change(configuration) {
            $0["num_hidden_layers"] = 1
            $0["type_vocab_size"] = 1
        }
        let fewer = try tool.run(tool.finetuning())
        expect(
            fewer,
            "run/best/model.safetensors: bert.embeddings.token_type_embeddings.weight has shape [2, 16]; wanted [1, 16]"
        )
    }

    /// Of another program's tokenizer, which says whether the second text of a pair has a segment of its own.
    @Test func aTokenizerSaysTheSegmentsOfPairs() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run(tool.finetuning()).code == 0)
        let saved = tool.file("tuned/best").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: saved.appendingPathComponent("checksums.json"))
        try change(saved.appendingPathComponent("config.json")) { $0["yoso"] = nil }
        let file = saved.appendingPathComponent("tokenizer_config.json")
        func predictions(_ names: [String]?) throws -> [String] {
            try change(file) { $0["model_input_names"] = names }
            let result = try tool.run(["predict", "--checkpoint", "tuned"], input: "the cat\na dog\tthe cat\n")
            guard result.code == 0 else { return [result.error] }
            return result.output.split(separator: "\n").map(String.init)
        }
        let (two, one) = (
            try predictions(["input_ids", "token_type_ids", "attention_mask"]), try predictions(["input_ids"])
        )
        #expect(two.count == 2 && one.count == 2 && two[0] == one[0] && two[1] != one[1], "\(two) \(one)")
        let unsaid = try predictions(nil)
        #expect(
            unsaid.last?.contains("tokenizer_config.json has no 'model_input_names'; pairs of texts want it") == true,
            "\(unsaid)")
    }

    @Test func aModelOfOneSegmentTakesNoPairs() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let folder = tool.file("run/best").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
        try change(folder.appendingPathComponent("config.json")) { $0["type_vocab_size"] = 1 }
        let weights = folder.appendingPathComponent("model.safetensors")
        try cutSegments(of: weights)
        try tool.write("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n", to: "glue/RTE/train.tsv")
        try tool.write("index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n", to: "glue/RTE/dev.tsv")
        let rte = ["finetune", "--task", "rte", "--checkpoint", "run/best", "--data", "glue", "--output", "rte"]
        expect(
            try tool.run(rte + ["--set", "length=16"]),
            "run/best: type_vocab_size is 1; the pairs of RTE want 2")
        let tuned = try tool.run(tool.finetuning())
        #expect(tuned.code == 0, "\(tuned.error)")
        // Both heads of pretraining are there and not read.
        #expect(tuned.output.contains("note: run/best: tensors that are not used: "), "\(tuned.output)")
        // Of a task that it does not say, one segment says how many texts it takes.
        let saved = tool.file("tuned/best").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: saved.appendingPathComponent("checksums.json"))
        try change(saved.appendingPathComponent("config.json")) { $0["yoso"] = nil }
        let mixed = try tool.run(["predict", "--checkpoint", "tuned"], input: "good\na\tb\nok\n")
        expect(mixed, "standard input: 1 of 3 lines have no prediction; each says why in its place")
        let lines = mixed.output.split(separator: "\n")
        #expect(lines.count == 3 && lines.last?.hasPrefix(#"{"label":""#) == true, "\(mixed.output)")
        #expect(lines[1] == #"{"error":"two texts, but the model was fine-tuned on one","line":2}"#)
    }

    /// What other programs save besides must say what we have in its place.
    @Test func copiesThatDifferAreRefused() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let folder = tool.file("run/best").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
        let weights = folder.appendingPathComponent("model.safetensors")
        let good = try Data(contentsOf: weights)
        try good.write(to: tool.file("good"))
        let file = try SafeTensorsFile(tool.file("good"))
        func fill(_ name: String, _ type: String, _ shape: [Int], _ bytes: Data) throws -> CommandLineTool.Result {
            try Self.adding(name, type, shape, bytes, to: good).write(to: weights)
            return try tool.run("fill", "a [MASK]", "--checkpoint", "run/best")
        }
        let prefix = "run/best/model.safetensors: "
        for (copy, original, ending) in [
            ("cls.predictions.decoder.bias", "cls.predictions.bias", "cls.predictions.bias"),
            (
                "cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight",
                "embeddings.word_embeddings.weight"
            ),
        ] {
            let (shape, problem) = (
                try #require(file.shape(of: original)), "\(copy) differs from \(ending); only tied ones are supported"
            )
            var values = try file.floats(original)
            let tied = try fill(copy, "F32", shape, values.withUnsafeBytes { Data($0) })
            #expect(tied.code == 0 && !tied.error.contains(copy), "\(tied.error)")
            values[values.count - 1] += 1
            expect(try fill(copy, "F32", shape, values.withUnsafeBytes { Data($0) }), prefix + problem)
            let begun = try tool.run(tool.pretraining(steps: 1, output: "other", ["--checkpoint", "run/best"]))
            expect(begun, prefix + problem)
            expect(try fill(copy, "F32", [3], Data(count: 12)), prefix + problem)
        }
    }

    /// As transformers saves them: of a YOSO they begin at 2.
    @Test(arguments: [("softmax", "bert", 0), ("yosoExpectation", "yoso", 2)])
    func positionsThatDoNotCountUpAreRefused(attention: String, family: String, first: Int) throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 5, ["--set", "model.attention=\(attention)"])).code == 0)
        let folder = tool.file("run/best").resolvingSymlinksInPath()
        try FileManager.default.removeItem(at: folder.appendingPathComponent("checksums.json"))
        let weights = folder.appendingPathComponent("model.safetensors")
        let (good, name) = (try Data(contentsOf: weights), "\(family).embeddings.position_ids")
        func fill(_ values: [Int]) throws -> CommandLineTool.Result {
            let bytes = values.map(Int64.init).withUnsafeBytes { Data($0) }
            try Self.adding(name, "I64", [1, values.count], bytes, to: good).write(to: weights)
            return try tool.run(["fill", "[MASK] a", "--checkpoint", "run/best"])
        }
        let right = Array(first..<first + 128)
        let result = try fill(right)
        #expect(result.code == 0, "\(result.error)")
        let problem =
            "run/best/model.safetensors: \(name) does not count up from \(first); wanted positions in their order"
        expect(try fill([right[1], right[0]] + right[2...]), problem)
        expect(try fill(right.map { $0 + 2 - 2 * first }), problem)
    }

    /// The bytes of a safetensors file with a tensor more.
    private static func adding(_ name: String, _ type: String, _ shape: [Int], _ bytes: Data, to file: Data) throws
        -> Data
    {
        let length = file.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
        var header = try #require(try JSONSerialization.jsonObject(with: file[8..<8 + length]) as? [String: Any])
        let values = file.dropFirst(8 + length)
        header[name] =
            ["dtype": type, "shape": shape, "data_offsets": [values.count, values.count + bytes.count]] as [String: Any]
        var text = try JSONSerialization.data(withJSONObject: header)
        text += Data(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text + values + bytes
    }

    /// Leaves the first row of the segments' embeddings.
    private func cutSegments(of url: URL) throws {
        let file = try SafeTensorsFile(url)
        let name = "bert.embeddings.token_type_embeddings.weight"
        func write(_ names: ArraySlice<String>, _ done: [NamedTensor]) throws {
            guard let next = names.first else { return try SafeTensorsWriter.write(done, to: url) }
            var (values, shape) = (try file.floats(next), file.shape(of: next) ?? [])
            if next == name { (values, shape) = (Array(values.prefix(16)), [1, 16]) }
            try values.withUnsafeBufferPointer {
                try write(names.dropFirst(), done + [NamedTensor(name: next, shape: shape, values: $0)])
            }
        }
        try write(file.names[...], [])
    }

    @Test func aLineWithoutEndAndPredictionsThatAreNone() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        #expect(try tool.run(tool.finetuning()).code == 0)
        let long = "fine\n" + String(repeating: "a", count: 30 << 20)
        let result = try tool.run(["predict", "--checkpoint", "tuned/best"], input: long)
        expect(result, "standard input: 1 of 2 lines have no prediction; each says why in its place")
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[1] == #"{"error":"longer than 4194304 bytes","line":2}"#)
        let predictions = tool.file("tuned/predictions.tsv")
        let good = try String(contentsOf: predictions, encoding: .utf8)
        for (column, kind, bad) in ["1e30", "nan", "-0.5", "x"].map({ (4, "probability", $0) }) + [
            (2, "label", "2"), (3, "label", ""),
        ] {
            var lines = good.split(separator: "\n").map(String.init)
            var fields = lines[2].split(separator: "\t").map(String.init)
            fields[column] = bad
            lines[2] = fields.joined(separator: "\t")
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: predictions)
            expect(
                try tool.run(["report", "tuned"]), "tuned/predictions.tsv: damaged: line 3 has the \(kind) '\(bad)'")
        }
        let cut = good.split(separator: "\n").prefix(3).joined(separator: "\n").split(separator: "\t").dropLast(2)
        for (text, message) in [
            (cut.joined(separator: "\t"), "line 3 has 5 columns; wanted 7"),
            (good.replacing("\n", with: "\n\n", maxReplacements: 1), "line 2 has 1 columns; wanted 7"),
            (
                good.split(separator: "\n").dropLast().joined(separator: "\n"),
                "1 rows; 2 were evaluated, as the log says"
            ),
            ("x" + good, "line 1 names other columns; wanted set, index, label, prediction, …"),
            ("set\tindex\tlabel\tprediction\ttext1\nd\t0\t1.5\tnan\ta\n", "line 2 has the value 'nan'"),
            (
                "set\tindex\tlabels\tpredictions\tp(a)\ttext1\nd\t0\t[\"a\"]\t[\"b\"]\t1\ta\n",
                "line 2 has the labels '[\"b\"]'"
            ),
        ] {
            try Data(text.utf8).write(to: predictions)
            expect(try tool.run(["report", "tuned"]), "tuned/predictions.tsv: damaged: \(message)")
        }
    }

    @Test func aLimitOfMemoryIsSaid() throws {
        let tool = try CommandLineTool()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let program = try CommandLineTool.executable().path
        process.arguments = ["-c", "ulimit -v 500000; exec '\(program)' pretrain none.yaml"]
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let error = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(
            error.hasPrefix("Error: memory: the address space is limited to 488 MiB (ulimit -v); wanted "), "\(error)")
        #expect(!tool.exists("Checkpoints"))
    }

    /// A thousand threads that measure the peak took minutes.
    @Test(.timeLimit(.minutes(1))) func moreThreadsThanCores() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 2, ["--set", "threads=1024"])).code == 0)
        expect(
            try tool.run(["predict", "--checkpoint", "x", "--threads", "1000000000000"]), code: 64,
            "--threads 1000000000000: wanted 0 to 1024")
    }

    @Test func controlCharactersAreShown() throws {
        let tool = try CommandLineTool()
        let result = try tool.run(["pretrain", "a\u{1B}[31m\u{202E}\r.yaml"])
        #expect(
            result.error.hasPrefix(
                "Error: a<U+001B>[31m<U+202E><U+000D>.yaml: no such recipe, or unreadable (those that ship: ")
        )
        let setting = try tool.run(["pretrain", "Recipes/Pretraining/tiny.yaml", "--set", "se\u{7}ed=1"])
        #expect(setting.error.contains("unknown key 'se<U+0007>ed'"), "\(setting.error)")
        #expect(!setting.error.contains("\u{7}"))
    }
}
