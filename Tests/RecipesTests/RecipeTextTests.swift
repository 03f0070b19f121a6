import Foundation
import Testing

@testable import Recipes

/// The YAML of recipes, and the places that messages name in it.
@Suite struct RecipeTextTests {
    /// As many columns as a terminal has are shown of a long line, around the place.
    @Test(arguments: [0, 30, 200, 400])
    func aLongLineIsShownAroundThePlace(before: Int) throws {
        let spaces = String(repeating: " ", count: before), more = String(repeating: " ", count: 400 - before)
        let line = "layers: {\(spaces)q: x}\(more)# y"
        let found = try #require(changed("layers: 2", to: line)).split(separator: "\n")
        #expect(found[0].hasPrefix("x.yaml:5:\(12 + before): unknown key 'model.layers.q'"))
        #expect(found[1].count <= 76 && found[2].last == "^")
        #expect(found[1].dropFirst(found[2].count - 1).hasPrefix("q: x}"))
    }

    @Test func thePlaceIsBelowWhatATerminalShows() {
        let found = changed("layers: 2", to: "layers: { 言: 1,\tq: x }") ?? ""
        #expect(found.contains("q: x }\n" + String(repeating: " ", count: 4 + 18) + "\t^"), "\(found)")
    }

    @Test func aKeyThatOccursTwiceHasItsPlace() {
        #expect(
            changed("width: 128", to: "width: 128\n  width: 64") == """
                x.yaml:6:3: the key 'width' occurs twice, here first
                      width: 128
                      ^
                """)
    }

    @Test func aKeyOccursTwiceHoweverItIsSpelled() {
        #expect(
            changed("name: x", to: "name: x\nmodel.width: 64")?.contains(": the key 'model.width' occurs twice\n")
                == true)
    }

    @Test func aliasesDuplicatesAndBrokenYAMLAreRefused() {
        let alias = changed("heads: 2", to: "positions: &two 512\n  heads: *two")
        #expect(alias?.contains("model.heads: aliases are not supported; write the value out") == true)
        for (attention, found) in [("{}", "empty"), ("{ yoso: { hashes: 2 }, softmax: {} }", "yoso and softmax")] {
            let problem = changed("heads: 2", to: "heads: 2\n  attention: \(attention)")
            #expect(problem?.contains("model.attention is \(found); wanted one") == true, "\(problem ?? "")")
        }
        #expect(changed("name: x", to: "name: x\nname: y")?.contains("twice") == true)
        #expect(changed("name: x", to: "name: [x")?.hasPrefix("x.yaml:") == true)
        #expect(problems("") == "x.yaml: the recipe is empty")
        #expect(problems("- 1\n")?.contains("wanted keys and values") == true)
    }

    /// Ten aliases of ten aliases, nine levels deep, as a key that has to be compared with others.
    @Test(.timeLimit(.minutes(1))) func anAliasBombIsRefusedBeforeItIsRead() {
        var bomb = "a0: &a0 [x, x]\n"
        for level in 1...9 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(
            problems(rightRecipe + bomb + "? *a9\n: 1\n? *a8\n: 2\n")
                == "x.yaml: 92 aliases; they are not supported, write the values out")
        // Line by line, as Windows ends them.
        let windows = bomb.replacing("[", with: "\n- ").replacing(", ", with: "\n- ").replacing("]", with: "")
        #expect(
            problems((rightRecipe + windows + "? *a9\n: 1\n? *a8\n: 2\n").replacing("\n", with: "\r\n"))
                == "x.yaml: 92 aliases; they are not supported, write the values out")
        let unknown = problems(rightRecipe.replacing("\n", with: "\r\n") + "epochz: 1\r\n")
        #expect(unknown?.hasSuffix("    epochz: 1\n    ^") == true, "\(unknown ?? "")")
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["key", "model.attention.key"])
    func ofVeryManyProblemsTwentyAreShown(prefix: String) throws {
        let text = rightRecipe + (0..<100_000).map { "\(prefix)\($0): 1\n" }.joined()
        let found = try #require(problems(text))
        #expect(found.hasSuffix("\nand 99980 problems more"))
        #expect(found.split(separator: "\n").count { $0.contains("unknown key") } == 20)
    }
}
