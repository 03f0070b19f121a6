import ArgumentParser
import Console
import Experiments
import Recipes
import Training

struct Explain: ParsableCommand, RankedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every effective value of a recipe, its origin and its meaning.",
        example: "yoso explain mini --set model.attention=yoso")

    @Argument(help: "A recipe, or the name of one that ships.", completion: .recipe) var recipe: String
    @OptionGroup var settings: RecipeSettings

    func run() throws {
        let read = try AnyRecipe(recipe, settings.overrides())
        Terminal.line(read.resolved.explanation(columns: Terminal.columns))
        let settings = settings.arguments.reduce(ShellCommand("")) { "\($0) \($1)" }
        switch read {
        case .pretraining: Terminal.next("yoso pretrain \(recipe)\(settings) --dry-run")
        case .fineTuning, .longRange: Terminal.next("yoso finetune \(recipe)\(settings)")
        }
    }
}
