/// A struct whose values are options, each declared once, beside it: from the table come the keys of recipes with their defaults,
/// ranges, readings and meanings, and what a damaged `config.json` is held to.
public protocol Configurable: Codable, Equatable, Sendable {
    /// Every option at its default.
    init()
    /// In the order in which they are explained.
    @OptionBuilder<Self> static var options: [Option<Self>] { get }
}

/// One value of `Owner`: what it is called, what it may be, and what it means.
public struct Option<Owner>: Sendable {
    /// Dotted below its group.
    public let name: String
    public let doc: String
    /// What a text must be, for messages.
    public let wanted: String
    /// The spellings that a near miss may have meant.
    public let spellings: [String]
    /// The value as it would be written; several of a list.
    public let texts: @Sendable (Owner) -> [String]
    /// Sets the value; false where the texts say none.
    public let read: @Sendable ([String], inout Owner) -> Bool
    /// What stands against the value that is there, such as `is 0; wanted 1 to 16`.
    public let problem: @Sendable (Owner) -> String?
    /// Whether a recipe must say it.
    public private(set) var isRequired = false
    /// Of a choice: the names of the options below every variant.
    public private(set) var variants: [String: [String]] = [:]
    /// Of a choice: the options of the variant that is chosen.
    public private(set) var below: @Sendable (Owner) -> [Option<Owner>] = { _ in [] }

    public init<Value>(
        _ name: String, _ path: WritableKeyPath<Owner, Value> & Sendable, _ format: Format<Value>, _ doc: String
    ) {
        (self.name, self.doc, wanted, spellings) = (name, doc, format.wanted, format.spellings)
        texts = { format.texts($0[keyPath: path]) }
        read = { texts, owner in
            guard let value = format.read(texts) else { return false }
            owner[keyPath: path] = value
            return true
        }
        problem = { format.problem($0[keyPath: path]) }
    }

    public init(
        _ name: String, _ path: WritableKeyPath<Owner, Int> & Sendable, _ range: ClosedRange<Int>, _ doc: String
    ) {
        self.init(name, path, .integer(range), doc)
    }

    public init<Value: BinaryFloatingPoint & Sendable>(
        _ name: String, _ path: WritableKeyPath<Owner, Value> & Sendable, _ range: ClosedRange<Double>, _ doc: String
    ) {
        self.init(name, path, .number(range), doc)
    }

    public init(_ name: String, _ path: WritableKeyPath<Owner, Bool> & Sendable, _ doc: String) {
        self.init(name, path, .boolean, doc)
    }

    public init<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: WritableKeyPath<Owner, Value> & Sendable, _ doc: String
    ) {
        self.init(name, path, .oneOf(), doc)
    }

    /// The same, of something that has an `Owner`, called `group.name` there, or `name` where the group has no name.
    init<Inner>(
        _ inner: Option<Inner>, in group: String, get: @escaping @Sendable (Owner) -> Inner,
        set: @escaping @Sendable (inout Owner, Inner) -> Void
    ) {
        @Sendable func full(_ name: String) -> String { group.isEmpty ? name : "\(group).\(name)" }
        (name, doc, wanted, spellings) = (full(inner.name), inner.doc, inner.wanted, inner.spellings)
        texts = { inner.texts(get($0)) }
        read = { texts, owner in
            var value = get(owner)
            guard inner.read(texts, &value) else { return false }
            set(&owner, value)
            return true
        }
        problem = { inner.problem(get($0)) }
        isRequired = inner.isRequired
        variants = inner.variants.mapValues { $0.map(full) }
        below = { inner.below(get($0)).map { Option($0, in: group, get: get, set: set) } }
    }

    /// A recipe has to say it.
    public var required: Self {
        var option = self
        option.isRequired = true
        return option
    }

    /// What `texts` are and what was wanted, where `read` takes none of them.
    public func refusal(of texts: [String]) -> String {
        if !variants.isEmpty, let text = texts.first, text.contains("(") {
            do { _ = try ChoiceText(text) } catch { return "\(name): \(error)" }
        }
        let found = texts.count == 1 ? "'\(texts[0])'" : texts.isEmpty ? "an empty list" : "a list"
        return "\(name) is \(found); wanted \(wanted)\(Spelling.hint(for: texts.first ?? "", among: spellings))"
    }

    /// A choice: options below it depend on the value.
    public func choosing(
        _ variants: [String: [String]], below: @escaping @Sendable (Owner) -> [Option<Owner>]
    ) -> Self {
        var option = self
        (option.variants, option.below) = (variants, below)
        return option
    }

    /// The options of a part, each with `name` and a dot in front of it, or as they are where `name` is empty.
    public static func group<Part: Configurable>(
        _ name: String, _ path: WritableKeyPath<Owner, Part> & Sendable
    ) -> [Option<Owner>] {
        Part.options.map { Option($0, in: name, get: { $0[keyPath: path] }, set: { $0[keyPath: path] = $1 }) }
    }
}

extension Configurable {
    /// The defaults, changed.
    public init(_ change: (inout Self) -> Void) {
        self.init()
        change(&self)
    }

    /// All options, and behind a choice those of its variant.
    public static func options(of values: Self) -> [Option<Self>] { options.flatMap { [$0] + $0.below(values) } }

    /// The options of this variant of a choice called `name` of `Owner`.
    public static func options<Owner>(
        in name: String, get: @escaping @Sendable (Owner) -> Self, set: @escaping @Sendable (inout Owner, Self) -> Void
    ) -> [Option<Owner>] {
        options.map { Option<Owner>($0, in: name, get: get, set: set) }
    }

    /// The options that are out of their ranges, and how.
    public var problems: [(key: String, text: String)] {
        Self.options(of: self).compactMap { option in option.problem(self).map { (option.name, $0) } }
    }
}

/// Options one below the other.
@resultBuilder public enum OptionBuilder<Owner> {
    public static func buildExpression(_ option: Option<Owner>) -> [Option<Owner>] { [option] }
    public static func buildExpression(_ group: [Option<Owner>]) -> [Option<Owner>] { group }
    public static func buildBlock(_ parts: [Option<Owner>]...) -> [Option<Owner>] { parts.flatMap { $0 } }
}
