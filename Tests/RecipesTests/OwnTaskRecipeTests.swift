import Foundation
import Tasks
import Testing

@testable import Recipes

@Suite struct OwnTaskRecipeTests {
    /// A recipe with these lines below `name`, as it is read, or what is wrong with it.
    private func read(_ lines: String, _ overrides: [String] = []) throws -> Result<FineTuningRecipe, RecipeErrors> {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("own.yaml").path
        try Data("kind: finetuning\nname: own\n\(lines)\n".utf8).write(to: URL(fileURLWithPath: path))
        do throws(RecipeErrors) {
            return .success(try Self.recipe(path, overrides.compactMap(ResolvedRecipe.Override.init(setting:))))
        } catch {
            return .failure(error)
        }
    }

    private static func recipe(
        _ path: String, _ overrides: [ResolvedRecipe.Override]
    ) throws(RecipeErrors) -> FineTuningRecipe {
        do { return try FineTuningRecipe(path, overrides) } catch let error as RecipeErrors { throw error } catch {
            preconditionFailure("\(error)")
        }
    }

    private func problems(_ lines: String, _ overrides: [String] = []) throws -> [String] {
        if case .failure(let errors) = try read(lines, overrides) { return errors.issues.map(\.message) }
        return []
    }

    private let right = "task: { train: r.csv, text: [headline, body], label: stars, metric: macroF1 }"

    @Test func aTaskIsDescribedByItsKeys() throws {
        let recipe = try read(right).get()
        #expect(recipe.isOwnTask && recipe.task.name == "own" && recipe.task.texts == [["headline"], ["body"]])
        #expect(recipe.task.metrics == [.macroF1] && recipe.task.others == [.accuracy, .microF1, .matthews])
        #expect(recipe.task.dev[0].names == ["r.csv"] && recipe.task.dev[0].part?.share == 0.1)
        let data = try #require(recipe.data)
        #expect(data.hasPrefix("/") && data.contains("yoso-"), "files lie beside the recipe")
        #expect(try read(right + "\ndata: elsewhere").get().data == "elsewhere")
        #expect(try read(right, ["data=there"]).get().data == "there")
        let dev = try read(right, ["task.dev=d.csv", "task.name=reviews"]).get().task
        #expect(
            dev.name == "reviews" && dev.dev[0].names == ["d.csv"] && dev.dev[0].part == nil && dev.train?.part == nil)
    }

    /// Also from another folder than its own.
    @Test func theResolvedRecipeIsTheSameTask() throws {
        let recipe = try read(right + "\nscore: accuracy", ["task.separator=;", "task.kind=labels"]).get()
        let lines = recipe.resolved.yaml.split(separator: "\n").dropFirst(3).joined(separator: "\n")
        let again = try read(lines).get()
        #expect(
            again.task == recipe.task && again.data == recipe.data && again.resolved.yaml.contains("separator: \";\""))
        let glue = try read("task: sst2").get()
        #expect(!glue.resolved.yaml.contains("train:") && !glue.resolved.explanation().contains("task.train"))
        #expect(
            try read(glue.resolved.yaml.split(separator: "\n").dropFirst(3).joined(separator: "\n")).get().task
                == glue.task)
        #expect(glue.data == nil && !glue.isOwnTask)
    }

    @Test func whatIsWrongIsSaidAtOnce() throws {
        #expect(try problems("epochs: 2") == ["the key 'task' is missing; wanted a text"])
        #expect(
            try problems("task: { dev: d.csv }")
                == ["task.train", "task.text", "task.label"].map { "the key '\($0)' is missing; wanted a text" })
        #expect(
            try problems(
                "task: { train: r.csv, text: [a, b, c], label: b, metric: spearman, separator: \"|\", devShare: 95% }")
                == [
                    "task.text has 3 columns; wanted one, or two", "task.label is 'b', which is a text too",
                    "task.metric is spearman; classes are scored by accuracy, f1, macroF1, microF1, matthews",
                    "task.separator wants task.kind: labels", "task.devShare is 0.95; wanted 0.1% to 90%",
                ])
        #expect(
            try problems("task: { train: r.csv, text: [a, a], label: b }") == ["task.text has the same column twice"])
        #expect(
            try problems(right, ["task=sst2"]) == ["task.train is for a task of your own, but the task is sst2"])
        #expect(
            try problems("task: { train: r.csv, text: a, label: b, name: STS-B }")
                == ["a task of your own is called 'STS-B', as one of GLUE; wanted another task.name"])
        #expect(
            try problems("task: { trian: r.csv, text: a, label: b }") == [
                "unknown key 'task.trian' (did you mean 'task.train'?)",
                "the key 'task.train' is missing; wanted a text",
            ])
        #expect(try problems(right + "\nscore: pearson") == ["own is scored by macroF1, accuracy, microF1, matthews"])
        #expect(
            try problems("task: sst3")
                == [
                    "unknown task 'sst3' (did you mean 'sst2'?); tasks: cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli"
                ])
    }
}
