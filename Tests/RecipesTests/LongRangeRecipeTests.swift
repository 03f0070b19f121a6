import LongRange
import Shipped
import Testing
import Training

@testable import Recipes

@Suite struct LongRangeRecipeTests {
    /// Steps, batch and warm-up of the paper.
    private static let schedules = [
        "listops": (5_000, 32, 1_000), "text": (20_000, 32, 8_000), "retrieval": (30_000, 32, 800),
        "image": (35_000, 256, 175), "pathfinder": (62_400, 256, 312),
    ]

    @Test(arguments: LongRangeTask.all.map(\.name)) func shippedRecipesAreThePapers(name: String) throws {
        let recipe = try LongRangeRecipe(name)
        let (steps, batch, warmup) = try #require(Self.schedules[name])
        #expect(recipe.name == name && recipe.task.name == name && recipe.task.paper == (steps, batch))
        let (options, encoder) = (recipe.options, recipe.encoder)
        #expect(options.budget == .steps(steps) && options.batch == .sequences(batch))
        #expect(options.schedule == ScheduleOptions(shape: .linear, warmup: .steps(warmup)))
        #expect(options.optimizer.rate == 1e-4 && options.optimizer.decay == 0 && options.optimizer.kind == nil)
        #expect(options.devRows == 0 && options.testRows == 0)
        #expect([encoder.layers, encoder.width, encoder.heads, encoder.intermediate] == [2, 64, 2, 128])
        #expect(encoder.norm == .pre && encoder.pooling == .mean && encoder.dropout == 0.1)
        #expect(encoder.initialization == .uniform && encoder.embeddingNorm == false)
        #expect(encoder.vocabulary == recipe.task.vocabulary + 1 && encoder.positions == recipe.task.length)
        #expect(encoder.segments == 1 && LongRangeRecipe.isOne(name))
        let short = try LongRangeRecipe("\(name)-short")
        var model = encoder
        // From weights as the others' it learns nothing in so few steps.
        if name == "image" { (model.initialization, model.embeddingNorm) = (.normal, nil) }
        #expect(short.name == "\(name)-short" && short.task.name == name && short.encoder == model)
    }

    private func message(_ changes: [(String, String)]) -> String? {
        do {
            _ = try LongRangeRecipe(
                "listops", changes.map { ResolvedRecipe.Override(key: $0, value: $1, argument: $0) })
            return nil
        } catch { return "\(error)" }
    }

    @Test func whatIsWrongIsSaid() {
        #expect(message([]) == nil)
        for (key, value, text) in [
            ("task", "sst2", "task: task is 'sst2'; wanted listops, text, retrieval, image or pathfinder"),
            ("task", "text", "model.positions is 2000, fewer than the tokens of text, 4000"),
            ("model.pooling", "first", "model.pooling is first; wanted mean, for no first token stands for a document"),
            ("model.vocabulary", "99", "model.vocabulary is 99; the task has 16 ids"),
            ("model.heads", "3", "model.heads is 3, which does not divide model.width 64"),
            ("schedule.warmup", "6000 steps", "more than the budget of 5000 steps"),
            ("checkpoint", "x", "unknown key 'checkpoint'"),
        ] {
            #expect(message([(key, value)])?.contains(text) == true, "\(message([(key, value)]) ?? "")")
        }
        #expect(message([("model.vocabulary", "16")]) == nil)
    }

    @Test func writtenOutItReadsBack() throws {
        let recipe = try LongRangeRecipe(
            "retrieval-short", [.init(key: "model.attention", value: "yoso", argument: "x")])
        let again = try LongRangeRecipe(RecipeFile(text: recipe.resolved.yaml, name: "y.yaml"), [])
        #expect(again.options == recipe.options && again.encoder == recipe.encoder && again.task.isPaired)
        #expect(throws: RecipeErrors.self) { try FineTuningRecipe("listops") }
    }
}
