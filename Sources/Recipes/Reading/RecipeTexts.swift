import Foundation

/// The values of a recipe as they are written, by dotted key, whatever they mean.
public struct RecipeTexts: Sendable {
    private let values: [(key: String, text: String)]

    /// Nil where the file cannot be read or is no recipe.
    public init?(of file: URL) {
        guard let data = try? Data(contentsOf: file), let text = String(validating: data, as: UTF8.self),
            let recipe = try? RecipeFile(text: text, name: file.relativePath)
        else { return nil }
        values = recipe.entries.map { ($0.key, $0.texts.joined(separator: ", ")) }
    }

    public subscript(key: String) -> String? { values.first { $0.key == key }?.text }

    /// The keys that do not say the same in all of `recipes`, in their order, with what each says; `–` of one that has no such key.
    public static func differences(_ recipes: [RecipeTexts]) -> [(key: String, texts: [String])] {
        let keys = recipes.flatMap(\.values).map(\.key).reduce(into: [String]()) {
            if !$0.contains($1) { $0.append($1) }
        }
        return keys.map { key in (key, recipes.map { $0[key] ?? "–" }) }.filter { Set($0.texts).count > 1 }
    }
}
