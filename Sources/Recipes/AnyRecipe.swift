/// A recipe of the kind that it says it is.
public enum AnyRecipe: Sendable {
    case pretraining(PretrainingRecipe)
    case fineTuning(FineTuningRecipe)
    case longRange(LongRangeRecipe)

    /// - Throws: `RecipeErrors`, of a recipe of no kind with that alone.
    public init(_ path: String, _ overrides: [ResolvedRecipe.Override] = []) throws {
        let file = try RecipeFile(path)
        guard file.entries.contains(where: { $0.key == "kind" }) else {
            let message = "the key 'kind' is missing; wanted pretraining, finetuning or longrange"
            throw RecipeErrors(issues: [RecipeIssue(place: .recipe(file.name), message: message)])
        }
        switch RecipeKind(file) {
        case .finetuning: self = .fineTuning(try FineTuningRecipe(file, overrides))
        case .longrange: self = .longRange(try LongRangeRecipe(file, overrides))
        case .pretraining, nil: self = .pretraining(try PretrainingRecipe(file, overrides))
        }
    }

    public var resolved: ResolvedRecipe {
        switch self {
        case .pretraining(let recipe): recipe.resolved
        case .fineTuning(let recipe): recipe.resolved
        case .longRange(let recipe): recipe.resolved
        }
    }
}
