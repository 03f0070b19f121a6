import Options
import Yams

/// Every effective value of a recipe with its origin, in the order of the options, and all that is wrong with them.
public struct ResolvedRecipe: Sendable {
    struct Value: Sendable {
        let key: String
        let texts: [String]
        /// As the program writes what they mean.
        let meant: [String]
        /// `default`, `mini.yaml:12`, `--set …`
        let origin: String
        let place: RecipeIssue.Place
        let doc: String
        /// The key of the choice that brings it.
        let choice: String?

        var meaning: String { meant.joined(separator: " ") }
    }

    private(set) var values: [Value] = []
    let file: String
    private var issues: [RecipeIssue]
    /// Keys without a value that is right.
    private var failed: Set<String> = []

    /// An override from the command line: a dotted key, its value or the texts of a list, and the argument as the user typed it.
    public struct Override: Sendable, Equatable {
        public let key: String
        public let texts: [String]
        public let argument: String

        public init(key: String, texts: [String], argument: String) {
            self.key = key
            self.texts = texts
            self.argument = argument
        }

        public init(key: String, value: String, argument: String) {
            self.init(key: key, texts: [value], argument: argument)
        }

        public var value: String { texts.joined(separator: " ") }
        /// Whether it is of `--set`, and no flag that stands for a key.
        public var isSetting: Bool { argument.hasPrefix("--set ") }

        /// `key=value` of `--set`; nil where there is no `=`.
        public init?(setting: String) { self.init(setting: setting, by: "--set") }

        /// The same of another flag.
        public init?(setting: String, by flag: String) {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { return nil }
            self.init(key: parts[0], texts: Self.list(parts[1]) ?? [parts[1]], argument: "\(flag) \(setting)")
        }

        /// Of `[a, b]`, as a recipe has it.
        private static func list(_ text: String) -> [String]? {
            guard text.hasPrefix("["), text.hasSuffix("]"), let node = try? Yams.compose(yaml: text),
                case .sequence(let sequence) = node
            else { return nil }
            let texts = sequence.compactMap { $0.scalar?.string }
            return texts.count == sequence.count ? texts : nil
        }

        /// Those of one `--set`: `key=value`, and with `key=value(name=value …)` those below the key too, as `--over` has them.
        public static func list(setting: String) -> [Override]? {
            guard let one = Override(setting: setting) else { return nil }
            // What is no choice is a value as it is, which the key takes or refuses.
            guard let choice = try? ChoiceText(one.value), !choice.settings.isEmpty else { return [one] }
            return [Override(key: one.key, value: choice.name, argument: one.argument)]
                + choice.settings.map {
                    Override(key: "\(one.key).\($0.key)", value: $0.value, argument: one.argument)
                }
        }

        /// Those of flags that stand for keys, where they are given.
        public static func list(_ flags: [(key: String, value: String?, flag: String)]) -> [Override] {
            flags.compactMap { key, value, flag in
                value.map { Override(key: key, value: $0, argument: "\(flag) \($0)") }
            }
        }
    }

    /// Lays the file and the overrides over the defaults that `settings` holds, in this order.
    ///
    /// - Throws: `RecipeErrors` where the recipe is of no kind or of another; everything else that is wrong is for `check`.
    init<Settings: Configurable>(
        of kind: RecipeKind, into settings: inout Settings, _ file: RecipeFile, _ overrides: [Override]
    ) throws {
        try kind.check(file, overrides)
        (self.file, issues) = (file.name, file.issues)
        var layers = file.entries.map { Layer($0) } + overrides.map { Layer($0) }
        var options: [(option: Option<Settings>, choice: String?)] = []
        for option in Settings.options {
            options.append((option, nil))
            guard !option.variants.isEmpty else { continue }
            layers = Self.withoutReplaced(layers, option.name, option.variants, option.texts(settings)[0])
            if let last = layers.last(where: { $0.key == option.name }), !option.read(last.texts, &settings) {
                // What is below a variant that is none cannot be known.
                let below = Set(option.variants.values.flatMap { $0 })
                layers.removeAll { below.contains($0.key) }
            }
            options += option.below(settings).map { ($0, option.name) }
        }
        let known = Dictionary(uniqueKeysWithValues: options.map { ($0.option.name, $0.option) })
        var latest: [String: Layer] = [:]
        for layer in layers {
            var scratch = settings
            guard let option = known[layer.key] else {
                let chosen = options.first { layer.key.hasPrefix("\($0.option.name).") && !$0.option.variants.isEmpty }
                let variant = chosen.map { choice in
                    (
                        name: choice.option.texts(settings)[0],
                        keys: options.filter { $0.choice == choice.option.name }.map(\.option.name)
                    )
                }
                issues.append(
                    Self.unknown(layer, Array(known.keys), of: variant, hints: issues.count < RecipeErrors.mostShown))
                continue
            }
            guard option.read(layer.texts, &scratch) else {
                issues.append(RecipeIssue(place: layer.valuePlace, message: option.refusal(of: layer.texts)))
                failed.insert(layer.key)
                continue
            }
            latest[layer.key] = layer
        }
        for (option, choice) in options {
            let layer = latest[option.name]
            if let layer { _ = option.read(layer.texts, &settings) }
            if layer == nil, option.isRequired, failed.insert(option.name).inserted {
                let message = "the key '\(option.name)' is missing; wanted \(option.wanted)"
                issues.append(RecipeIssue(place: .recipe(file.name), message: message))
            }
            values.append(
                Value(
                    key: option.name, texts: layer?.texts ?? option.texts(settings), meant: option.texts(settings),
                    origin: layer?.origin ?? "default",
                    place: layer?.valuePlace ?? .recipe(file.name), doc: option.doc, choice: choice))
        }
    }

    /// An issue with the value of `key`.
    func issue(_ key: String, _ message: String) -> RecipeIssue {
        RecipeIssue(place: values.first { $0.key == key }?.place ?? .recipe(file), message: message)
    }

    /// Whether `key` has a value that is not its default's.
    func isStated(_ key: String) -> Bool { values.contains { $0.key == key && $0.origin != "default" } }

    /// The first key below `key` that is said anywhere.
    func stated(below key: String) -> String? {
        values.first { $0.key.hasPrefix(key + ".") && $0.origin != "default" }?.key
    }

    /// The values that are others in `other`, as they are meant.
    public func differences(from other: ResolvedRecipe) -> [(key: String, value: String)] {
        let theirs = Dictionary(other.values.map { ($0.key, $0.meant) }) { $1 }
        return values.filter { theirs[$0.key] != $0.meant }.map { ($0.key, $0.meaning) }
    }

    /// The values that the recipe's file has the last word of, as they are meant.
    public var statedInFile: [(key: String, value: String)] {
        values.filter { $0.origin != "default" && !$0.origin.hasPrefix("--") }.map { ($0.key, $0.meaning) }
    }

    /// The value of `key` as it is meant, however it is written; nil where the recipe has no such key.
    public func meaning(of key: String) -> String? { values.first { $0.key == key }?.meaning }

    /// The places of the first two recipes that mean the same, however they are written; nil where there are none.
    public static func alike(_ recipes: [ResolvedRecipe]) -> (Int, Int)? {
        var places: [[[String]]: Int] = [:]
        for (place, recipe) in recipes.enumerated() {
            let earlier = places.updateValue(place, forKey: recipe.values.map { [$0.key] + $0.meant })
            if let earlier { return (earlier, place) }
        }
        return nil
    }

    /// The text of `key`.
    subscript(key: String) -> String { values.first { $0.key == key }?.texts.first ?? "" }

    /// Refuses the value of `key` where it `isWrong`, at the place of what was said last of it and of what it was judged by; unless
    /// one of these is no value at all: a key, or all below one.
    mutating func refuse(
        _ key: String, judgedBy others: [String] = [], if isWrong: Bool, _ message: String
    ) {
        let isJudged = !failed.contains { failed in
            ([key] + others).contains { failed == $0 || failed.hasPrefix("\($0).") }
        }
        guard isJudged, isWrong else { return }
        // A flag was said after the file, and what the file says after a default.
        let places = ([key] + others).compactMap { key in values.first { $0.key == key }?.place }
        issues.append(RecipeIssue(place: places.min { $0.order < $1.order } ?? .recipe(file), message: message))
    }

    /// - Throws: `RecipeErrors` with everything that is wrong, at once.
    func check() throws {
        guard issues.isEmpty else { throw RecipeErrors(issues: issues) }
    }

    /// Leaves out the keys of a variant that a later layer replaced by another: with `yoso: { hashes: 16 }` in the file and
    /// `--set model.attention=softmax` the hashes. An argument replaces what the file says by the same variant too, so that
    /// `--over model.attention=yoso(bits=8)` is what it says beside every recipe.
    private static func withoutReplaced(
        _ layers: [Layer], _ choice: String, _ variants: [String: [String]], _ standard: String
    ) -> [Layer] {
        let chosen = layers.enumerated().filter { $0.element.key == choice }
        let below = Set(variants.values.flatMap { $0 })
        return layers.enumerated().filter { index, layer in
            guard below.contains(layer.key) else { return true }
            let name = chosen.last { $0.offset < index }?.element.texts.first ?? standard
            let isReplaced = chosen.contains {
                $0.offset > index && ($0.element.texts.first != name || layer.isOfFile && !$0.element.isOfFile)
            }
            return !(isReplaced && variants[name]?.contains(layer.key) ?? false)
        }.map(\.element)
    }

    /// - Parameters:
    ///   - variant: that is chosen where the key is below a choice, and its own keys.
    ///   - hints: whether to look for the nearest key, for which there is no time where there are very many.
    private static func unknown(
        _ layer: Layer, _ known: [String], of variant: (name: String, keys: [String])?, hints: Bool
    ) -> RecipeIssue {
        guard hints else { return RecipeIssue(place: layer.keyPlace, message: "unknown key '\(layer.key)'") }
        let keys = Set(
            known.flatMap { key in key.indices.filter { key[$0] == "." }.map { String(key[..<$0]) } + [key] })
        if keys.contains(layer.key) {
            return RecipeIssue(place: layer.keyPlace, message: "'\(layer.key)' has keys of its own; wanted those")
        }
        func last(_ key: String) -> String { String(key.split(separator: ".").last ?? "") }
        // By all of a key whatever has the same words in front of it would be near.
        let hint =
            variant.map { variant in
                let names = variant.keys.map(last)
                let nearest = Spelling.hint(for: last(layer.key), among: names)
                return nearest.isEmpty
                    ? "; \(variant.name) has \(names.isEmpty ? "none" : names.joined(separator: ", "))" : nearest
            } ?? Spelling.hint(for: layer.key, among: keys.sorted())
        return RecipeIssue(place: layer.keyPlace, message: "unknown key '\(layer.key)'\(hint)")
    }

    /// A value from the file or from an argument.
    private struct Layer {
        let key: String
        let texts: [String]
        let origin: String
        let keyPlace: RecipeIssue.Place
        let valuePlace: RecipeIssue.Place
        let isOfFile: Bool

        init(_ entry: RecipeFile.Entry) {
            (key, texts, origin, isOfFile) = (entry.key, entry.texts, entry.origin, true)
            (keyPlace, valuePlace) = (entry.keyPlace, entry.valuePlace)
        }

        init(_ override: Override) {
            (key, texts, origin, isOfFile) = (override.key, override.texts, override.argument, false)
            (keyPlace, valuePlace) = (.argument(override.argument), .argument(override.argument))
        }
    }
}
