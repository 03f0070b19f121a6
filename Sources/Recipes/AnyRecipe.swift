/// A recipe of the kind that it says it is.
public enum AnyRecipe: Sendable {
    case pretraining(PretrainingRecipe)
    case fineTuning(FineTuningRecipe)

    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        let file = try RecipeFile(path)
        let kind = file.entries.first { $0.key == "kind" }?.texts.first
        if kind == "finetuning" {
            self = .fineTuning(try FineTuningRecipe(path, overrides))
        } else {
            self = .pretraining(try PretrainingRecipe(path, overrides))
        }
    }

    public var resolved: ResolvedRecipe {
        switch self {
        case .pretraining(let recipe): recipe.resolved
        case .fineTuning(let recipe): recipe.resolved
        }
    }
}
