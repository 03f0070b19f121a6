import Foundation
import Testing

@testable import Recipes

/// Settings of a command line.
@Suite struct RecipeSettingTests {
    /// As in a recipe.
    @Test(arguments: [
        ("[a, b c]", ["a", "b c"]), ("[]", []), (#"["[a]"]"#, ["[a]"]), ("a b", ["a b"]), ("[a", ["[a"]),
    ])
    func aListIsSetAsItIsWritten(text: String, texts: [String]) {
        #expect(ResolvedRecipe.Override(setting: "corpus.text=\(text)")?.texts == texts)
    }

    @Test func overridesAreHeldToTheSchemaAndNameTheArgument() throws {
        let wrong = [
            try #require(ResolvedRecipe.Override(setting: "optimizer.rat=1")),
            try #require(ResolvedRecipe.Override(setting: "model.heads=3")),
            try #require(ResolvedRecipe.Override(setting: "budget=soon")),
        ]
        for endless in ["1e18h", "1e308h", "1e15 steps", "1e16 tokens"] {
            let override = try #require(ResolvedRecipe.Override(setting: "budget=\(endless)"))
            #expect(
                (problems(rightRecipe, [override]) ?? "").hasPrefix(
                    "--set budget=\(endless): budget is '\(endless)'; wanted"))
        }
        let kind = try #require(ResolvedRecipe.Override(setting: "kind=finetuning"))
        #expect((problems(rightRecipe, [kind]) ?? "").hasSuffix(" is a pretraining recipe"))
        #expect(
            problems(rightRecipe, wrong) == """
                --set optimizer.rat=1: unknown key 'optimizer.rat' (did you mean 'optimizer.rate'?)
                --set budget=soon: budget is 'soon'; wanted a budget such as 20000 steps, 1e9 tokens, 2h, 30min or 90s
                --set model.heads=3: model.heads is 3, which does not divide model.width 128
                """)
        #expect(
            problems(rightRecipe, [wrong[1]])
                == "--set model.heads=3: model.heads is 3, which does not divide model.width 128")
        #expect(ResolvedRecipe.Override(setting: "model.heads") == nil)
        let wide = try #require(ResolvedRecipe.Override(setting: "model.width=129"))
        #expect(
            problems(rightRecipe, [wide])
                == "--set model.width=129: model.heads is 2, which does not divide model.width 129",
            "what was said last is to blame, and not the file")
    }

    /// As `--over` has them; a value that merely has brackets is one.
    @Test func aSettingMayHaveKeysBelowIt() throws {
        typealias Override = ResolvedRecipe.Override
        let text = "model.attention=yoso(hashes=0 bits=8)"
        let overrides = try #require(Override.list(setting: text))
        #expect(overrides.map(\.key) == ["model.attention", "model.attention.hashes", "model.attention.bits"])
        #expect(overrides.map(\.value) == ["yoso", "0", "8"])
        #expect(
            problems(rightRecipe, overrides)
                == "--set \(text): model.attention.hashes is '0'; wanted an integer from 1 to 65535")
        for plain in ["corpus.text=data (1)", "corpus.text=a(b=c)d", "name=x()", "name=a(=)", "name=("] {
            #expect(try #require(Override.list(setting: plain)) == [#require(Override(setting: plain))])
        }
        #expect(Override.list(setting: "model.attention") == nil)
    }
}
