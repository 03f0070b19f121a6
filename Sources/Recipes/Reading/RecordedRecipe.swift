/// A recipe as the folder of a run keeps it, whatever this program and machine would say to its values today.
public struct RecordedRecipe: Sendable {
    public let text: String
    private let values: [String: [String]]

    /// - Throws: `RecipeErrors` where the text is no YAML of keys and values.
    public init(text: String, name: String) throws {
        self.text = text
        values = try Dictionary(RecipeFile(text: text, name: name).entries.map { ($0.key, $0.texts) }) { $1 }
    }

    /// The values of a dotted key; none where the recipe does not say it, or says `none`.
    public subscript(key: String) -> [String] { values[key].map { $0 == ["none"] ? [] : $0 } ?? [] }
}
