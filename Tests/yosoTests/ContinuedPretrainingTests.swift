import Checkpoints
import Foundation
import Testing

/// Pretraining that begins with the weights of another run.
@Suite struct ContinuedPretrainingTests {
    private func tensor(_ tool: CommandLineTool, _ folder: String, _ name: String) throws -> (shape: [Int], [Float]) {
        let file = try SafeTensorsFile(tool.file("\(folder)/model.safetensors"))
        let shape = try #require(file.shape(of: name))
        var values = [Float](repeating: 0, count: shape.reduce(1, *))
        try values.withUnsafeMutableBufferPointer { try file.read(name, into: $0) }
        return (shape, values)
    }

    /// At a rate of zero nothing is learned, so that the first weights can be read behind the last step.
    private let still = ["--set", "optimizer.rate=0", "--checkpoint", "run/best"]

    @Test(arguments: ["softmax", "yoso"]) func positionsGoOnByRepeating(attention: String) throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let chosen = ["--set", "model.attention=\(attention)"]
        #expect(try tool.run(tool.pretraining(steps: 5, chosen + ["--set", "model.positions=20"])).code == 0)
        let longer = try tool.run(
            tool.pretraining(
                steps: 1, output: "longer",
                chosen + still + [
                    "--set", "model.positions=50", "--set", "model.attention.convolution=3",
                ]))
        #expect(longer.code == 0, "\(longer.error)")
        #expect(longer.output.contains("new weights: "), "a convolution, which the checkpoint has not")
        #expect(longer.output.contains("note: run/best: its 20 positions are repeated for 50\n"))
        for layer in 0..<2 {
            let filters = try tensor(
                tool, "longer/best",
                "\(attention == "yoso" ? "yoso" : "bert").encoder.layer.\(layer).attention.self.conv.weight")
            #expect(!filters.1.isEmpty && filters.1.allSatisfy { $0 == 0 }, "the model is what it was")
        }
        let family = attention == "yoso" ? "yoso" : "bert"
        let first = attention == "yoso" ? 2 : 0
        let name = "\(family).embeddings.position_embeddings.weight"
        let (before, after) = (try tensor(tool, "run/best", name), try tensor(tool, "longer/best", name))
        #expect(before.shape[0] == 20 + first && after.shape[0] == 50 + first)
        let width = before.shape[1]
        for row in 0..<after.shape[0] {
            let source = row < first ? row : first + (row - first) % 20
            #expect(
                after.1[row * width..<(row + 1) * width].elementsEqual(before.1[source * width..<(source + 1) * width]))
        }
        for part in ["embeddings.word_embeddings.weight", "encoder.layer.1.output.dense.weight"] {
            #expect(
                try tensor(tool, "longer/best", "\(family).\(part)").1
                    == tensor(tool, "run/best", "\(family).\(part)").1)
        }
    }

    /// The two have other names, and YOSO's table of positions two rows in front.
    @Test func oneFamilyGoesOnAsTheOther() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let order = ["--set", "examples.sentenceOrder=true"]
        #expect(try tool.run(tool.pretraining(steps: 5, order)).code == 0)
        let there = try tool.run(
            tool.pretraining(
                steps: 1, output: "there",
                order + still + ["--set", "model.attention=yoso", "--set", "model.positions=200"]))
        #expect(there.code == 0 && !there.output.contains("new weights: "), "\(there.error)")
        #expect(there.output.contains("note: run/best: its attention is softmax; the run goes on with yoso"))
        let back = try tool.run(
            tool.pretraining(
                steps: 1, output: "back", order + ["--set", "optimizer.rate=0", "--checkpoint", "there/best"]))
        #expect(back.code == 0 && !back.output.contains("new weights: "), "\(back.error)")

        let first = try SafeTensorsFile(tool.file("run/best/model.safetensors"))
        #expect(try SafeTensorsFile(tool.file("there/best/model.safetensors")).names.count == first.names.count)
        for name in first.names {
            let before = try tensor(tool, "run/best", name)
            let (between, last) = (
                name.replacing("bert.", with: "yoso.", maxReplacements: 1), try tensor(tool, "back/best", name)
            )
            #expect(last.shape == before.shape && last.1 == before.1, "\(name)")
            let after = try tensor(tool, "there/best", between)
            guard name.hasSuffix("position_embeddings.weight") else {
                #expect(after.shape == before.shape && after.1 == before.1, "\(name)")
                continue
            }
            let (rows, width) = (before.shape[0], before.shape[1])
            #expect(after.shape == [202, width])
            for position in 0..<200 {
                let (source, row) = (position % rows, position + 2)
                #expect(
                    after.1[row * width..<(row + 1) * width]
                        .elementsEqual(before.1[source * width..<(source + 1) * width]))
            }
        }
    }

    /// The recipe names the model in the box for its weights and its vocabulary, which is found from any folder.
    @Test func theModelInTheBoxGoesOnAsYoso() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let small = ["budget=1 steps", "batch=4 sequences", "evaluation.sequences=8"].flatMap { ["--set", $0] }
        let run = try tool.run(["pretrain", "english-yoso", "--data", "text", "--output", "run"] + small)
        #expect(run.code == 0 && !run.output.contains("new weights: "), "\(run.error)")
        #expect(
            run.output.contains("note: Checkpoints/english-mini: its attention is softmax; the run goes on with yoso("))
        #expect(try tool.run("fill", "the [MASK] sat on the mat", "--checkpoint", "run").code == 0)
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        #expect(try tool.run(tool.pretraining(steps: 2)).code == 0)
        for (settings, message) in [
            (["--set", "model.width=32"], "hidden_size is 16; the recipe has 32\n"),
            (
                ["model.width=32", "model.intermediate=48", "model.norm=pre"].flatMap { ["--set", $0] },
                "hidden_size is 16; the recipe has 32, and intermediate_size is 32; the recipe has 48, and model.norm is post; "
                    + "the recipe has pre\n"
            ),
            (["--set", "model.heads=1"], "num_attention_heads is 2; the recipe has 1"),
            (["--set", "model.layers=1"], "num_hidden_layers is 2; the recipe has 1"),
            (["--set", "model.norm=pre"], "model.norm is post; the recipe has pre"),
            (["--set", "model.normEpsilon=1e-5"], "model.normEpsilon is 1e-12; the recipe has 1e-5"),
            (["--checkpoint", "nowhere"], "nowhere: no checkpoint: it has no readable config.json"),
        ] {
            let result = try tool.run(tool.pretraining(steps: 1, output: "other", still + settings))
            #expect(result.code == 1 && result.error.contains(message), "\(result.error)")
            #expect(!result.output.contains("note: run/best"), "\(result.output)")
            #expect(!tool.exists("other/step-000001"))
        }
    }

    /// Another attention of the same family takes the same weights, and computes something else.
    @Test func anotherAttentionIsTold() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        for (settings, note) in [
            ([], nil), (["model.attention=linear"], "softmax; the run goes on with linear"),
            (["model.attention=local", "model.attention.window=9"], "softmax; the run goes on with local(window=9)"),
            (["model.attention.queryKeyNorm=true"], "softmax; the run goes on with softmax(queryKeyNorm=true)"),
        ] as [([String], String?)] {
            let more = still + settings.flatMap { ["--set", $0] }
            let run = try tool.run(tool.pretraining(steps: 1, output: "to-\(settings.count)-\(note?.count ?? 0)", more))
            #expect(run.code == 0 && run.output.contains("note: run/best: its attention is ") == (note != nil))
            #expect(note.map { run.output.contains($0) } != false, "\(run.output)")
        }
    }

    /// Nothing that a folder has is dropped in silence, and what an attention has of its own is new where it has another shape.
    @Test func whatIsLeftBehindIsTold() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        let order = ["--set", "examples.sentenceOrder=true", "--set", "model.positions=20"]
        let convolved = ["--set", "model.attention=softmax(convolution=3)"]
        #expect(try tool.run(tool.pretraining(steps: 2, order + convolved)).code == 0)
        let pooler = "2 of bert.pooler, 2 of cls.seq_relationship"
        let filters = "tensors that are not used: 2 of bert.encoder"
        for (index, (settings, lines)) in [
            (
                ["model.attention.convolution=3", "examples.sentenceOrder=false"],
                ["tensors that are not used: \(pooler)"]
            ),
            (
                ["model.attention.convolution=3", "objective=replacedTokens", "examples.sentenceOrder=false"],
                ["tensors that are not used: 2 of bert.pooler, 5 of cls.predictions, 2 of cls.seq_relationship"]
            ),
            (["model.attention.convolution=5", "examples.sentenceOrder=true"], [filters, "conv.weight"]),
            (
                ["model.attention=linformer", "model.attention.rank=2", "examples.sentenceOrder=true"],
                [filters, "its attention is softmax(convolution=3); the run goes on with linformer(rank=2 length=128)"]
            ),
            (
                ["model.attention.convolution=3", "model.positions=16", "examples.sentenceOrder=true"],
                ["of its 20 positions only the first 16 are kept"]
            ),
        ].enumerated() {
            let more = still + settings.flatMap { ["--set", $0] }
            for dry in [["--dry-run"], []] {
                let run = try tool.run(tool.pretraining(steps: 1, output: "to-\(index)", more) + dry)
                #expect(run.code == 0, "\(run.error)")
                for line in lines {
                    #expect(run.output.contains(line) || line == "conv.weight" && !dry.isEmpty, "\(run.output)")
                }
            }
        }
        // Another one of the same attention.
        let more = still + ["--set", "model.attention=linformer", "--set", "model.attention.rank=4"]
        let longer = try tool.run(
            tool.pretraining(steps: 1, output: "again", more + ["--checkpoint", "to-3/best"]))
        #expect(
            longer.code == 0
                && longer.output.contains(
                    "linformer(rank=2 length=128); the run goes on with linformer(rank=4 length=128)")
        )
        #expect(
            longer.output.contains("new weights: bert.encoder.layer.0.attention.self.linformer"), "\(longer.output)")
    }

    /// The same attention by its configuration, whose weights are of another one.
    @Test func anAttentionThatIsNotItsConfigurationsIsRefused() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        func convolved(_ width: Int) -> [String] { ["--set", "model.attention=softmax(convolution=\(width))"] }
        #expect(try tool.run(tool.pretraining(steps: 1, convolved(3))).code == 0)
        #expect(try tool.run(tool.pretraining(steps: 1, output: "wide", convolved(5))).code == 0)
        let (best, wide) = (
            tool.file("run/best").resolvingSymlinksInPath(), tool.file("wide/best").resolvingSymlinksInPath()
        )
        for name in ["config.json", "checksums.json"] {
            try FileManager.default.removeItem(at: best.appendingPathComponent(name))
        }
        try FileManager.default.copyItem(
            at: wide.appendingPathComponent("config.json"), to: best.appendingPathComponent("config.json"))
        let same = try tool.run(tool.pretraining(steps: 1, output: "same", convolved(5) + still))
        #expect(
            same.code == 1 && same.error.contains("conv.weight has shape [2, 1, 3, 1]; wanted [2, 1, 5, 1]\n"),
            "\(same.error)")
    }

    /// A filter begins at nothing, so that the model is what it was.
    @Test func aFilterIsNewAndChangesNothing() throws {
        let tool = try CommandLineTool.withPretrainedRun()
        let filtered = try tool.run(
            tool.pretraining(steps: 1, output: "filtered", still + ["--set", "model.filterOrder=3"]))
        #expect(filtered.code == 0 && filtered.output.contains("new weights: "), "\(filtered.error)")
    }

    /// A round number of them, as many models have.
    @Test(arguments: ["maskedWords", "replacedTokens"]) func thereMayBeMoreEmbeddingsThanIds(objective: String) throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        let more = ["--set", "objective=\(objective)", "--set", "evaluation.every=1 steps"]
        let run = try tool.run(tool.pretraining(steps: 2, more + ["--set", "model.vocabulary=1280"]))
        #expect(run.code == 0, "\(run.error)")
        let longer = try tool.run(tool.pretraining(steps: 1, output: "longer", more + still))
        #expect(longer.code == 0, "\(longer.error)")
        let name = "bert.embeddings.word_embeddings.weight"
        let (before, after) = (try tensor(tool, "run/best", name), try tensor(tool, "longer/best", name))
        #expect(before.shape == [1280, 16] && after == before)
        #expect(try tool.run(tool.finetuning(["--checkpoint", "longer/best"])).code == 0)
    }

    /// What replaced tokens taught is an encoder like another's: it is fine-tuned, and pretrained on.
    @Test func anEncoderThatFoundReplacedTokensGoesOn() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        try tool.writeTask()
        let replaced = ["--set", "objective=replacedTokens", "--set", "generator.width=50%"]
        let run = try tool.run(tool.pretraining(steps: 3, replaced))
        #expect(run.code == 0 && run.output.contains("replaced accuracy"), "\(run.error)")
        #expect(run.output.contains("generator perplexity") && !run.output.contains("masked loss"), "\(run.output)")
        #expect(
            run.output.firstMatch(
                of: #/; calling no token replaced gives a replaced accuracy of at least 8[0-9]\.[0-9]%/#)
                != nil, "\(run.output)")
        let names = try SafeTensorsFile(tool.file("run/best/model.safetensors")).names
        #expect(!names.isEmpty && names.allSatisfy { $0.hasPrefix("bert.") })
        #expect(try tool.run("export", "run", "--output", "card").code == 0)
        let card = try String(contentsOf: tool.file("card/README.md"), encoding: .utf8)
        #expect(card.contains("| objective | replacedTokens |") && card.contains("figures are the generator's"))
        let tuned = try tool.run(tool.finetuning())
        #expect(tuned.code == 0 && !tuned.output.contains("not used"), "\(tuned.error)")
        for (name, more) in [("words", []), ("tokens", replaced)] {
            let longer = try tool.run(tool.pretraining(steps: 1, output: name, more + still))
            #expect(longer.code == 0, "\(longer.error)")
            let word = "bert.embeddings.word_embeddings.weight"
            #expect(try tensor(tool, "\(name)/best", word).1 == tensor(tool, "run/best", word).1)
        }
        let filled = try tool.run(["fill", "a [MASK]", "--checkpoint", "run"])
        #expect(filled.code == 1 && filled.error.contains("has no head for masked words"), "\(filled.error)")
    }
}
