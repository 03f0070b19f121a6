import Attention
import Foundation
import Glue
import Options
import Testing
import Training

@testable import Recipes

@Suite struct RecipeTests {
    private static let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Recipes")
        .standardizedFileURL

    private func read(_ text: String, _ settings: [String] = []) throws -> PretrainingRecipe {
        try PretrainingRecipe(
            RecipeFile(text: text, name: "x.yaml"), settings.compactMap(ResolvedRecipe.Override.init(setting:)))
    }

    @Test(arguments: ["tiny", "mini", "small", "base"]) func shippedPretrainingRecipesAreRight(name: String) throws {
        let recipe = try PretrainingRecipe(Self.folder.appendingPathComponent("Pretraining/\(name).yaml").path)
        #expect(recipe.name == name)
        let shapes = ["tiny": (2, 128), "mini": (4, 256), "small": (4, 512), "base": (12, 768)]
        let options = try recipe.encoderOptions(vocabularySize: 1000)
        #expect(options.layers == shapes[name]?.0 && options.width == shapes[name]?.1)
    }

    @Test(arguments: ["sst2", "sample"]) func shippedFineTuningRecipesAreRight(name: String) throws {
        let recipe = try FineTuningRecipe(Self.folder.appendingPathComponent("Finetuning/\(name).yaml").path)
        #expect(recipe.name == name && recipe.task.name == "sst2")
    }

    @Test func valuesReachTheOptions() throws {
        let recipe = try read(
            rightRecipe,
            [
                "seed=7", "budget=2h", "schedule.warmup=500 steps", "examples.masking.unit=span", "batch=8192 tokens",
                "corpus.heldOut=2%", "model.attention=yosoExpectation", "model.attention.gradient=exact",
                "model.norm=pre", "model.pooling=first",
            ])
        #expect(recipe.options.seed == 7 && recipe.options.budget == .seconds(7200) && recipe.heldOut == 0.02)
        #expect(recipe.options.schedule.warmup == .steps(500) && recipe.options.batch == .tokens(8192))
        #expect(recipe.options.examples.masking.unit == .span && recipe.options.optimizer.rate == 1e-3)
        let encoder = try recipe.encoderOptions(vocabularySize: 9)
        #expect(encoder.norm == .pre && encoder.pooling == nil && encoder.initialization == nil)
        #expect(encoder.attention == .yosoExpectation(YosoExpectationOptions(bits: 9, gradient: .exact)))
    }

    /// Keys below it too, also those that the other choice has by the same name.
    @Test func anotherAttentionTakesThePlaceOfTheOneInTheFile() throws {
        let file = rightRecipe.replacingOccurrences(
            of: "layers: 2", with: "attention: { yoso: { hashes: 16, convolution: 5 } }\n  layers: 2")
        func attention(_ settings: [String]) throws -> AttentionChoice {
            try read(file, settings).encoderOptions(vocabularySize: 9).attention
        }
        #expect(file != rightRecipe)
        #expect(try attention([]) == .convolved(width: 5, beside: .yoso(YosoOptions(hashes: 16))))
        #expect(
            try attention(["model.attention.hashes=8"]) == .convolved(width: 5, beside: .yoso(YosoOptions(hashes: 8))))
        #expect(try attention(["model.attention=softmax"]) == .softmax)
        // An argument is all of it, beside whichever recipe; what other arguments say below it stays.
        #expect(try attention(["model.attention=yoso"]) == .yoso(YosoOptions()))
        for settings in [
            ["model.attention.bits=5", "model.attention=yoso"], ["model.attention=yoso", "model.attention.bits=5"],
        ] {
            #expect(try attention(settings) == .yoso(YosoOptions(bits: 5)), "\(settings)")
        }
        #expect(ResolvedRecipe.Override.list(setting: "a=b(c=1 d=2)")?.map(\.key) == ["a", "a.c", "a.d"])
        // Which of two is meant nobody knows, and the whole is no value.
        #expect(ResolvedRecipe.Override.list(setting: "a=b(c=1 c=2)")?.map(\.value) == ["b(c=1 c=2)"])
        #expect(
            try attention(["model.attention=softmax", "model.attention.queryKeyNorm=true", "model.filterOrder=2"])
                == .gfsa(order: 2, over: .normalizedSoftmax))
        #expect(
            try attention(
                ["estimator=conditional", "kernelBits=20", "bits=auto", "normalization=mass", "pairs=200"].map {
                    "model.attention.\($0)"
                })
                == .convolved(
                    width: 5,
                    beside: .yoso(
                        YosoOptions(
                            hashes: 16, bits: nil, estimator: .conditional, kernelBits: 20, normalization: .mass,
                            pairs: 200))))
        #expect(try attention(["model.attention=nystrom"]) == .init(NystromOptions(landmarks: 64)))
        #expect(
            try attention(["model.attention.bits=4", "model.attention=yosoExpectation"])
                == .yosoExpectation(YosoExpectationOptions()))
    }

    @Test func theResolvedRecipeReadsBackAsTheSame() throws {
        let settings = ["model.attention=yosoExpectation", "model.attention.bits=4", "corpus.text=a b.txt", "seed=9"]
        let recipe = try read(rightRecipe, settings)
        let again = try read(recipe.resolved.yaml)
        #expect(again.options == recipe.options && again.text == recipe.text && again.name == recipe.name)
        #expect(try again.encoderOptions(vocabularySize: 9) == recipe.encoderOptions(vocabularySize: 9))
        #expect(again.resolved.yaml == recipe.resolved.yaml)
    }

    /// What YAML would read otherwise, fold or refuse.
    @Test(arguments: [
        "- t", "-", "-a", "-1", "---", "a\u{1F}b", "a\nb", "a\\\"b", "\u{2028}", "\u{7F}", " a", "a ", "#", "é",
    ])
    func anyTextReadsBack(text: String) throws {
        let recipe = try read(rightRecipe, ["vocabulary=\(text)"])
        #expect(recipe.resolved["vocabulary"] == text)
        #expect(try read(recipe.resolved.yaml).resolved["vocabulary"] == text, "\(recipe.resolved.yaml)")
    }

    /// Editors on Windows put one in front.
    @Test func aByteOrderMarkIsPassedOver() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data("\u{FEFF}\(rightRecipe)".utf8).write(to: url)
        #expect(try PretrainingRecipe(url.path).name == read(rightRecipe).name)
    }

    @Test func theExplanationNamesEveryOrigin() throws {
        let lines = try read(rightRecipe, ["seed=7"]).resolved.explanation().split(separator: "\n").map(String.init)
        #expect(lines.count == PretrainingRecipe.Settings.options.count + 2, "softmax has two keys of its own")
        func line(_ key: String) -> [String] {
            lines.first { $0.hasPrefix(key + " ") }?.split(separator: " ").map(String.init) ?? []
        }
        #expect(line("seed").prefix(4) == ["seed", "7", "--set", "seed=7"])
        #expect(line("model.width").prefix(3) == ["model.width", "128", "x.yaml:6"])
        #expect(line("threads").prefix(3) == ["threads", "0", "default"])
    }

    /// In a window that has no room beside a value its meaning stands below.
    @Test(arguments: [80, 120]) func theExplanationFitsAWindow(columns: Int) throws {
        let resolved = try read(rightRecipe, ["seed=7"]).resolved
        let lines = resolved.explanation(columns: columns).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= columns }, "\(lines.filter { $0.count > columns })")
        func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" || $0 == "#" } }
        #expect(words(resolved.explanation(columns: columns)) == words(resolved.explanation()))
        #expect(resolved.explanation(columns: 1000) == resolved.explanation())
    }

    /// What `explain` shows of a default is what a recipe would have to say for it.
    @Test func defaultsReadBackAsThemselves() {
        func check<Settings: Configurable>(_: Settings.Type) {
            for option in Settings.options(of: Settings()) where !option.isRequired {
                var settings = Settings()
                #expect(option.read(option.texts(settings), &settings), "\(option.name)")
                #expect(settings == Settings(), "\(option.name)")
            }
        }
        check(PretrainingRecipe.Settings.self)
        check(FineTuningRecipe.Settings.self)
        for kind in attentions { check(kind) }
    }

    @Test func whatAProtocolHasOtherwiseIsAChangeOfIt() throws {
        let published = try #require(FineTuningProtocol.named("m-fac"))
        let same = ["length=16", "precision=bf16", "optimizer.rate=0.0001", "optimizer.decay=0", "selection=last"]
        #expect(published.changes(in: same).isEmpty)
        // Of SST-2 there are three epochs, of the others five: of a table of all of them either is another.
        let changes = ["epochs=3", "optimizer.rate=2e-4", "selection=best"]
        #expect(published.changes(in: same + changes) == changes)
        // Of these it says nothing.
        let unsaid = [
            "optimizer.kind=lamb", "optimizer.clip=0", "schedule.shape=constant", "labelSmoothing=0.1",
            "layers.frozen=2", "layers.rateDecay=0.9",
        ]
        #expect(published.changes(in: unsaid + ["layers.frozen=0", "optimizer.kind=adamw"]) == unsaid)
        let searched = try #require(FineTuningProtocol.named("miniatures"))
        let free = ["optimizer.rate=1e-4", "optimizer.decay=0.010", "schedule.shape=linear", "dropout=0.1"]
        #expect(searched.changes(in: free).isEmpty)
    }

    /// Every key of every protocol is one of the schema, for every task.
    @Test(arguments: FineTuningProtocol.all.map(\.name)) func protocolsAreValid(name: String) throws {
        let published = try #require(FineTuningProtocol.named(name))
        let recipe = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Recipes/Finetuning/sst2.yaml")
        for task in GlueTask.all {
            let named = try #require(ResolvedRecipe.Override(setting: "task=\(task.name)"))
            let grid = published.search.compactMap { text -> ResolvedRecipe.Override? in
                ResolvedRecipe.Override(setting: String(text.split(separator: ",")[0]))
            }
            let resolved = try FineTuningRecipe(
                recipe.standardizedFileURL.path, published.overrides(task) + grid + [named])
            #expect(resolved.options.epochs >= 3 && resolved.options.optimizer.rate >= 1e-5)
        }
    }
}
