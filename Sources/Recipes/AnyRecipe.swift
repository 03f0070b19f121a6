/// A recipe of the kind that it says it is.
public enum AnyRecipe: Sendable {
    case pretraining(PretrainingRecipe)
    case fineTuning(FineTuningRecipe)

    /// - Throws: `RecipeErrors`, of a recipe of no kind with that alone.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        let file = try RecipeFile(path)
        guard file.entries.contains(where: { $0.key == "kind" }) else {
            let message = "the key 'kind' is missing; wanted pretraining or finetuning"
            throw RecipeErrors(issues: [RecipeIssue(place: .recipe(file.name), message: message)])
        }
        if RecipeKind(file) == .finetuning {
            self = .fineTuning(try FineTuningRecipe(file, overrides))
        } else {
            self = .pretraining(try PretrainingRecipe(file, overrides))
        }
    }

    public var resolved: ResolvedRecipe {
        switch self {
        case .pretraining(let recipe): recipe.resolved
        case .fineTuning(let recipe): recipe.resolved
        }
    }
}
