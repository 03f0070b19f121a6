import Tasks

/// Every effective value of a recipe with its origin, in the order of the schema: checked key by key.
public struct ResolvedRecipe: Sendable {
    struct Value: Sendable {
        let field: Field
        let texts: [String]
        /// `default`, `mini.yaml:12`, `--set …`
        let origin: String
        let place: RecipeIssue.Place
    }

    let values: [Value]
    let file: String

    /// An override from the command line: a dotted key, its value, and the argument as the user typed it.
    public struct Override: Sendable, Equatable {
        public let key: String
        public let value: String
        public let argument: String

        public init(key: String, value: String, argument: String) {
            self.key = key
            self.value = value
            self.argument = argument
        }

        /// `key=value` of `--set`; nil where there is no `=`.
        public init?(setting: String) {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            self.init(key: parts[0], value: parts[1], argument: "--set \(setting)")
        }
    }

    /// Lays defaults, the file and the overrides over one another, in this order.
    ///
    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    init(_ schema: Schema, _ file: RecipeFile, _ overrides: [Override]) throws {
        if let entry = file.entries.first(where: { $0.key == "kind" }), entry.texts != [schema.kind],
            ["pretraining", "finetuning"].contains(entry.texts.first ?? "")
        {
            let message = "this is a \(entry.texts[0]) recipe; wanted a \(schema.kind) recipe"
            throw RecipeErrors(issues: [RecipeIssue(place: entry.valuePlace, message: message)])
        }
        let written = Self.withoutReplaced(file.entries.map { Layer($0) } + overrides.map { Layer($0) }, schema)
        let fields = schema.fields.flatMap { Self.withVariants($0, chosen: written) }
        var issues = file.issues
        var latest: [String: Layer] = [:]
        for layer in written {
            guard let field = fields.first(where: { $0.key == layer.key }) else {
                issues.append(Self.unknown(layer, fields, hints: issues.count < RecipeErrors.mostShown))
                continue
            }
            guard field.kind.accepts(layer.texts) else {
                issues.append(Self.wrong(layer, field))
                continue
            }
            latest[layer.key] = layer
        }
        let attempted = Set(written.map(\.key))
        values = fields.compactMap { field in
            if let layer = latest[field.key] {
                return Value(field: field, texts: layer.texts, origin: layer.origin, place: layer.valuePlace)
            }
            guard let fallback = field.fallback else {
                if !attempted.contains(field.key) {
                    issues.append(
                        RecipeIssue(
                            place: .recipe(file.name),
                            message: "the key '\(field.key)' is missing; wanted \(field.kind.expectation)"))
                }
                return nil
            }
            return Value(field: field, texts: [fallback], origin: "default", place: .recipe(file.name))
        }
        self.file = file.name
        guard issues.isEmpty else { throw RecipeErrors(issues: issues) }
    }

    /// The text of `key`, which the schema has.
    subscript(key: String) -> String { texts(key).first ?? "" }

    func texts(_ key: String) -> [String] { values.first { $0.field.key == key }?.texts ?? [] }

    /// An issue with the value of `key`.
    func issue(_ key: String, _ message: String) -> RecipeIssue {
        RecipeIssue(place: values.first { $0.field.key == key }?.place ?? .recipe(file), message: message)
    }

    /// A field, and behind it the keys of its chosen variant.
    private static func withVariants(_ field: Field, chosen written: [Layer]) -> [Field] {
        guard case .variants(let variants) = field.kind else { return [field] }
        let name = written.last { $0.key == field.key }?.texts.first ?? field.fallback
        let options = variants.first { $0.name == name }?.fields ?? []
        return [field] + options.map { Field("\(field.key).\($0.key)", $0.kind, $0.fallback, $0.doc) }
    }

    /// Leaves out the keys of a variant that a later layer replaced by another: with `yoso: { hashes: 16 }` in the file and
    /// `--set model.attention=softmax` the hashes.
    private static func withoutReplaced(_ written: [Layer], _ schema: Schema) -> [Layer] {
        written.enumerated().filter { index, layer in
            guard let field = schema.fields.first(where: { layer.key.hasPrefix("\($0.key).") }),
                case .variants(let variants) = field.kind,
                variants.contains(where: { $0.fields.contains { layer.key == "\(field.key).\($0.key)" } })
            else { return true }
            let name = written[...index].last { $0.key == field.key }?.texts.first ?? field.fallback
            let keys = variants.first { $0.name == name }?.fields.map { "\(field.key).\($0.key)" } ?? []
            let isReplaced = written[index...].contains { $0.key == field.key && $0.texts.first != name }
            return !(keys.contains(layer.key) && isReplaced)
        }.map(\.element)
    }

    /// - Parameter hints: whether to look for the nearest key, for which there is no time where there are very many.
    private static func unknown(_ layer: Layer, _ fields: [Field], hints: Bool) -> RecipeIssue {
        guard hints else { return RecipeIssue(place: layer.keyPlace, message: "unknown key '\(layer.key)'") }
        let keys = Set(
            fields.flatMap { field in
                field.key.indices.filter { field.key[$0] == "." }.map { String(field.key[..<$0]) } + [field.key]
            })
        if keys.contains(layer.key) {
            return RecipeIssue(place: layer.keyPlace, message: "'\(layer.key)' has keys of its own; wanted those")
        }
        let hint = Spelling.nearest(to: layer.key, among: keys.sorted()).map { " (did you mean '\($0)'?)" } ?? ""
        return RecipeIssue(place: layer.keyPlace, message: "unknown key '\(layer.key)'\(hint)")
    }

    private static func wrong(_ layer: Layer, _ field: Field) -> RecipeIssue {
        let found = layer.texts.count == 1 ? "'\(layer.texts[0])'" : layer.texts.isEmpty ? "an empty list" : "a list"
        let nearest = Spelling.nearest(to: layer.texts.first ?? "", among: field.kind.names)
        let hint = nearest.map { " (did you mean '\($0)'?)" } ?? ""
        return RecipeIssue(
            place: layer.valuePlace, message: "\(field.key) is \(found); wanted \(field.kind.expectation)\(hint)")
    }

    /// A value from the file or from an argument.
    private struct Layer {
        let key: String
        let texts: [String]
        let origin: String
        let keyPlace: RecipeIssue.Place
        let valuePlace: RecipeIssue.Place

        init(_ entry: RecipeFile.Entry) {
            (key, texts, origin) = (entry.key, entry.texts, entry.origin)
            (keyPlace, valuePlace) = (entry.keyPlace, entry.valuePlace)
        }

        init(_ override: Override) {
            (key, texts, origin) = (override.key, [override.value], override.argument)
            (keyPlace, valuePlace) = (.argument(override.argument), .argument(override.argument))
        }
    }
}
