import Foundation
import Testing

@testable import Recipes

/// A short recipe that is right; tests change a line of it.
let rightRecipe = """
    kind: pretraining
    name: x
    vocabulary: Vocab/sample
    model:
      layers: 2
      width: 128
      heads: 2
      intermediate: 512
    batch: 64 sequences
    budget: 600 steps
    optimizer:
      rate: 1e-3

    """

/// The description of what is wrong with `text`, or nil.
func problems(_ text: String, _ overrides: [ResolvedRecipe.Override] = []) -> String? {
    do {
        _ = try PretrainingRecipe(RecipeFile(text: text, name: "x.yaml"), overrides)
        return nil
    } catch {
        return "\(error)"
    }
}

/// The same of the right recipe with a line changed.
func changed(_ line: String, to other: String) -> String? {
    #expect(rightRecipe.contains(line))
    return problems(rightRecipe.replacingOccurrences(of: line, with: other))
}

@Suite struct RecipeMessageTests {
    @Test func theRightRecipeIsAccepted() { #expect(problems(rightRecipe) == nil) }

    @Test func anUnknownKeyNamesTheNearestOne() {
        #expect(
            changed("optimizer:", to: "optimiser:") == """
                x.yaml:12:3: unknown key 'optimiser.rate' (did you mean 'optimizer.rate'?)
                      rate: 1e-3
                      ^
                """)
        #expect(
            changed("width: 128", to: "widht: 128")?.contains("unknown key 'model.widht' (did you mean 'model.width'?)")
                == true)
        #expect(changed("name: x", to: "name: x\nzebra: 1")?.contains("x.yaml:3:1: unknown key 'zebra'\n") == true)
    }

    @Test func aWrongTypeSaysWhatWasWanted() {
        #expect(
            changed("width: 128", to: "width: 2x") == """
                x.yaml:6:10: model.width is '2x'; wanted an integer from 1 to 65536
                      width: 2x
                             ^
                """)
        #expect(
            changed("batch:", to: "corpus: {text: []}\nbatch:")?.contains(
                "corpus.text is an empty list; wanted a text or a list of texts") == true)
        #expect(
            changed("layers: 2", to: "layers: [2, 3]")?.contains("model.layers is a list; wanted an integer") == true)
        #expect(
            changed("rate: 1e-3", to: "rate: fast")?.contains(
                "optimizer.rate is 'fast'; wanted a number from 0.0 to 10.0") == true)
    }

    @Test(arguments: ["017", "1_000", "0x10", "12:30:45", "yes", "2.0", "~", "+3"])
    func yamlsOwnReadingsOfIntegersAreRefused(text: String) {
        #expect(changed("layers: 2", to: "layers: \(text)")?.contains("model.layers is") == true)
    }

    @Test(arguments: ["yes", "on", "True", "1"]) func onlyTrueAndFalseAreBooleans(text: String) {
        let found = changed("name: x", to: "name: x\nexamples: { sentenceOrder: \(text) }")
        #expect(found?.contains("examples.sentenceOrder is '\(text)'; wanted true or false") == true)
    }

    @Test func quantitiesNeedTheirUnits() {
        for budget in ["600", "600 stepz", "0 steps", "-1h", "h", "1.5 steps"] {
            #expect(
                changed("budget: 600 steps", to: "budget: \(budget)")?.contains("wanted a budget such as") == true,
                "\(budget)")
        }
        for budget in ["1e9 tokens", "2h", "30min", "90s", "1 step", "1.5h"] {
            #expect(changed("budget: 600 steps", to: "budget: \(budget)") == nil, "\(budget)")
        }
        #expect(
            changed("batch: 64 sequences", to: "batch: 64")?.contains("wanted a batch such as 64 sequences") == true)
    }

    @Test(arguments: [
        (["model.attention=yoso", "model.attention.convolution=4"], "convolution is 4; wanted an odd width"),
        (
            ["model.attention=yoso", "model.width=256", "model.heads=1"],
            "makes heads 256 wide; yoso hashes at most 128"
        ),
        (["model.attention=yoso", "model.attention.kernelBits=16"], "counts have the bits of the hash; wanted auto"),
        (
            ["model.attention=yoso", "model.attention.pairs=128"],
            "counts have no budget; wanted estimator: conditional"
        ),
        (
            conditional(["bits=9", "kernelBits=8"]),
            "kernelBits is 8; wanted at least the 9 bits of a hash, and at most 64"
        ),
        (
            conditional(["bits=auto", "kernelBits=15"]),
            "kernelBits is 15; wanted at least 16, which bits: auto may reach"
        ),
        (conditional(["hashes=1025"]), "hashes is 1025; the conditional estimator takes at most 1024"),
        (conditional(["evaluationHashes=2000"]), "hashes is 2000; the conditional estimator takes at most 1024"),
        (conditional(["pairs=128"]), "bits is 9, but pairs chooses the bits; wanted bits: auto"),
        (conditional(["pairs=128", "bits=auto"]), "kernelBits is auto, but pairs chooses the bits of a hash"),
        (
            conditional(["pairs=127", "bits=auto", "kernelBits=16"]),
            "pairs is 127; wanted at least four times the 32 hashes"
        ),
    ])
    func whatAnAttentionCannotDoIsRefused(settings: [String], problem: String) {
        let overrides = settings.compactMap { ResolvedRecipe.Override(setting: $0) }
        #expect(problems(rightRecipe, overrides)?.contains(problem) == true)
    }

    private static func conditional(_ settings: [String]) -> [String] {
        ["model.attention=yoso", "model.attention.estimator=conditional"] + settings.map { "model.attention.\($0)" }
    }

    @Test func anUnknownAttentionNamesThoseThereAre() {
        let found = changed("layers: 2", to: "attention: yosoExpectatoin\n  layers: 2")
        #expect(
            found?.contains(
                "model.attention is 'yosoExpectatoin'; wanted softmax, yosoExpectation, yoso, none, linear, performer, linformer, nystrom, local, mra or flow (did you mean 'yosoExpectation'?)"
            )
                == true)
    }

    /// The name is that of a folder below Checkpoints.
    @Test(arguments: ["../../evil", "a/b", "..", ".", ".hidden", "", "a\u{7}b", String(repeating: "a", count: 300)])
    func aNameThatLeavesItsFolderIsRefused(name: String) throws {
        let wanted = "name is '\(name)'; wanted the name of a folder: no '/', no control characters, no '.' in front"
        let named = ResolvedRecipe.Override(key: "name", value: name, argument: "a")
        #expect(problems(rightRecipe, [named]) == "a: \(wanted)")
        let file = try RecipeFile(text: "kind: finetuning\ntask: sst2\n", name: "x.yaml")
        let error = #expect(throws: RecipeErrors.self) { try FineTuningRecipe(file, [named]) }
        #expect(error?.description == "a: \(wanted)")
        let arena = #expect(throws: RecipeErrors.self) { try LongRangeRecipe("listops", [named]) }
        #expect(arena?.description == "a: \(wanted)")
        // Of a task of one's own, whose seeds and searches have its name.
        let task = ResolvedRecipe.Override(key: "task.name", value: name, argument: "a")
        let own = try RecipeFile(
            text: "kind: finetuning\nname: x\ntask: { train: r.csv, text: a, label: b }\n", name: "x.yaml")
        let other = #expect(throws: RecipeErrors.self) { try FineTuningRecipe(own, [task]) }
        #expect(other?.description == "a: task.\(wanted)")
        #expect(problems(rightRecipe, [.init(key: "name", value: "a film.2", argument: "a")]) == nil)
    }

    @Test func aVariantHasKeysOfItsOwn() {
        let variant = "attention: { yosoExpectation: { bits: 65, colour: red } }\n  layers: 2"
        let found = changed("layers: 2", to: variant)
        #expect(found?.contains("model.attention.bits is '65'; wanted an integer from 1 to 64") == true)
        #expect(
            found?.contains("unknown key 'model.attention.colour'; yosoExpectation has bits, gradient, ") == true,
            "\(found ?? "")")
        #expect(
            changed("layers: 2", to: "attention: { softmax: { bits: 9 } }\n  layers: 2")?.contains(
                "unknown key 'model.attention.bits'; softmax has queryKeyNorm, convolution\n") == true)
        #expect(
            changed("layers: 2", to: "attention: { yoso: { hahses: 9 } }\n  layers: 2")?.contains(
                "unknown key 'model.attention.hahses' (did you mean 'hashes'?)\n") == true)
    }

    @Test func allIssuesAreToldAtOnce() {
        let text = rightRecipe.replacingOccurrences(of: "width: 128", with: "width: wide")
            .replacingOccurrences(of: "name: x", with: "nane: x")
        let found = problems(text) ?? ""
        #expect(found.contains("unknown key 'nane' (did you mean 'name'?)"))
        #expect(found.contains("model.width is 'wide'"))
        #expect(found.contains("the key 'name' is missing"))
        // What keys mean together too, of those that are right.
        let more = problems(text, [ResolvedRecipe.Override(key: "corpus.heldOut", value: "60%", argument: "a")]) ?? ""
        #expect(
            more.hasPrefix(found)
                && more.hasSuffix("\na: corpus.heldOut is 60%; wanted a share above 0 and at most 50%"))
    }

    @Test func oneTypoIsOneIssue() throws {
        #expect(
            changed("kind: pretraining", to: "kind: pretrainin") == """
                x.yaml:1:7: kind is 'pretrainin'; wanted pretraining, finetuning or longrange (did you mean 'pretraining'?)
                    kind: pretrainin
                          ^
                """)
        let attention = changed("layers: 2", to: "attention: { yosso: { hashes: 16, bits: 8 } }\n  layers: 2")
        #expect(attention?.contains("(did you mean 'yoso'?)") == true && attention?.contains("unknown key") == false)
        #expect(changed("width: 128", to: "width: wide")?.contains("divide") == false)
        let settings = ["name=x", "task=sts", "patience=2", "selection=last", "kind=finetuning"]
        let file = try RecipeFile(text: "kind: finetuning\n", name: "x.yaml")
        let error = #expect(throws: RecipeErrors.self) {
            try FineTuningRecipe(file, settings.compactMap(ResolvedRecipe.Override.init(setting:)))
        }
        #expect(error?.issues.count == 2, "the task and the patience")
    }

    @Test func keysThatMustAgree() {
        #expect(
            changed("heads: 2", to: "heads: 3")?.contains(
                "x.yaml:7:10: model.heads is 3, which does not divide model.width 128") == true)
        #expect(
            changed("name: x", to: "name: x\nexamples: { length: 600 }")?.contains(
                "model.positions is 512, fewer than examples.length 600") == true)
        #expect(
            changed("name: x", to: "name: x\nschedule: { warmup: 601 steps }")?.contains(
                "schedule.warmup is 601 steps, more than the budget of 600 steps") == true)
        #expect(
            changed("name: x", to: "name: x\nexamples: { masking: { replacedByRandom: 30% } }")?.contains(
                "add up to more than 100%") == true)
        #expect(
            changed("name: x", to: "name: x\nobjective: replacedTokens\ngenerator: { width: 0% }")?.contains(
                "generator.width is 0; nothing would replace a token") == true)
        #expect(
            changed("name: x", to: "name: x\ncorpus: { heldOut: 60% }")?.contains(
                "wanted a share above 0 and at most 50%") == true)
    }

    @Test func aVocabularyOfAnotherSizeIsRefused() throws {
        let text = rightRecipe.replacingOccurrences(of: "layers: 2", with: "layers: 2\n  vocabulary: 1000")
        let recipe = try PretrainingRecipe(RecipeFile(text: text, name: "x.yaml"), [])
        #expect(try recipe.encoderOptions(vocabularySize: 1000).vocabulary == 1000)
        #expect(try recipe.encoderOptions(vocabularySize: 990).vocabulary == 1000)
        let error = #expect(throws: RecipeErrors.self) { try recipe.encoderOptions(vocabularySize: 1200) }
        #expect(
            error?.description.contains("model.vocabulary is 1000, but the tokenizer in Vocab/sample has 1200 ids")
                == true)
    }

    @Test func theWrongKindOfRecipeIsOneLine() {
        let found = changed("kind: pretraining", to: "kind: finetuning")
        #expect(found?.contains("x.yaml:1:7: this is a finetuning recipe; wanted a pretraining recipe") == true)
        #expect(found?.contains("unknown key") == false)
    }

    @Test func aBatchFitsAMemory() {
        let wanted = "wanted a batch such as 64 sequences or 8192 tokens, at most 1000000 sequences or 1e8 tokens"
        for batch in ["1000000000000 sequences", "1e12 tokens", "1000001 sequences"] {
            #expect(changed("64 sequences", to: batch)?.contains("batch is '\(batch)'; \(wanted)") == true)
        }
    }

    @Test func aMissingFileIsOneLine() {
        let error = #expect(throws: RecipeErrors.self) { try PretrainingRecipe("/none/such.yaml") }
        #expect(
            error?.description
                == "/none/such.yaml: no such recipe, or unreadable (those that ship: attentions, base, english-mini, english-small, english-yoso, long, mini, pairs-512, pairs, small, tiny)"
        )
    }
}
