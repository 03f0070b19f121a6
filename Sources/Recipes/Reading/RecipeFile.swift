import Foundation
import Options
import Shipped
import Yams

/// A recipe as it is written: values by dotted key, each with its place.
struct RecipeFile {
    struct Entry {
        let key: String
        /// Several for a list.
        let texts: [String]
        /// Of the key, and of the value.
        let keyPlace: RecipeIssue.Place
        let valuePlace: RecipeIssue.Place
        /// Where it is written, for `explain`.
        let origin: String
    }

    let name: String
    private(set) var entries: [Entry] = []
    /// Of `entries`, however they are spelled.
    private var keys = Set<String>()
    private(set) var issues: [RecipeIssue] = []
    private let lines: [String]

    /// Reads and flattens a file, or a recipe that ships by its name. What is no plain mapping of scalars, lists of scalars and
    /// mappings is an issue.
    ///
    /// - Parameter folder: of the recipes that ship; nil for either.
    /// - Throws: `RecipeErrors` where the file cannot be read or is no YAML.
    init(_ name: String, in folder: String? = nil) throws {
        let own = ShippedFile.recipe(name, in: folder)
        // One of another kind is refused for that, as by its path.
        let path = ShippedFile.contents(at: own) == nil ? ShippedFile.recipe(name) : own
        guard let data = ShippedFile.contents(at: path) else {
            let names = ShippedFile.recipes(in: folder).map(ShippedFile.name)
            let nearest = Spelling.nearest(to: ShippedFile.name(of: path), among: names)
            let hint = nearest.map { "did you mean '\($0)'?" } ?? "those that ship: \(names.joined(separator: ", "))"
            throw RecipeErrors(
                issues: [RecipeIssue(place: .recipe(path), message: "no such recipe, or unreadable (\(hint))")])
        }
        // A byte order mark, which editors on Windows put in front of a file.
        let marked = data.starts(with: [0xEF, 0xBB, 0xBF])
        guard let text = String(validating: marked ? data.dropFirst(3) : data, as: UTF8.self) else {
            throw RecipeErrors(issues: [RecipeIssue(place: .recipe(path), message: "not UTF-8")])
        }
        try self.init(text: text, name: path)
    }

    init(text: String, name: String) throws {
        self.name = name
        // By bytes: to String, what Windows ends lines with is one character.
        lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }
        let text = lines.joined(separator: "\n")
        // Comparing keys that are aliases of aliases takes Yams exponentially long.
        let aliases = Self.aliases(in: text)
        guard aliases <= Self.mostAliases else {
            let message = "\(aliases) aliases; they are not supported, write the values out"
            throw RecipeErrors(issues: [RecipeIssue(place: .recipe(name), message: message)])
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw RecipeErrors(issues: [Self.issue(of: error, name, lines)])
        }
        guard let root else {
            throw RecipeErrors(issues: [RecipeIssue(place: .recipe(name), message: "the recipe is empty")])
        }
        guard case .mapping(let mapping) = root else {
            throw RecipeErrors(issues: [issue(root, "wanted keys and values")])
        }
        flatten(mapping, prefix: "", depth: 0)
    }

    private static let mostAliases = 20

    /// About as many places as a value that is anchored by `&name` stands in by `*name`.
    private static func aliases(in text: String) -> Int {
        func names(_ mark: Character) -> [Substring] {
            text.split(whereSeparator: { " \n\r\t,[]{}?:-".contains($0) }).filter { $0.first == mark }
                .map { $0.dropFirst() }
        }
        guard text.contains("&"), text.contains("*") else { return 0 }
        let anchors = Set(names("&"))
        return names("*").count { anchors.contains($0) }
    }

    private mutating func flatten(_ mapping: Node.Mapping, prefix: String, depth: Int) {
        for (keyNode, value) in mapping {
            guard let name = keyNode.scalar?.string else {
                issues.append(issue(keyNode, "wanted a plain key"))
                continue
            }
            let key = prefix.isEmpty ? name : "\(prefix).\(name)"
            if isAlias(value, of: keyNode) {
                issues.append(issue(keyNode, "\(key): aliases are not supported; write the value out"))
                continue
            }
            switch value {
            case .scalar(let scalar): append(key, [scalar.string], keyNode, value)
            case .sequence(let sequence):
                let texts = sequence.compactMap { $0.scalar?.string }
                if texts.count == sequence.count {
                    append(key, texts, keyNode, value)
                } else {
                    issues.append(issue(value, "\(key): wanted a list of plain values"))
                }
            case .mapping(let inner) where key == Self.variantKey && inner.count == 1:
                flattenVariant(inner, key, keyNode)
            case .mapping(let inner) where key == Self.variantKey && inner.allSatisfy { $0.value.mapping != nil }:
                let names = inner.compactMap(\.key.scalar?.string).joined(separator: " and ")
                issues.append(issue(keyNode, "\(key) is \(inner.isEmpty ? "empty" : names); wanted one"))
            case .mapping(let inner) where depth < 4: flatten(inner, prefix: key, depth: depth + 1)
            default: issues.append(issue(value, "\(key): nested too deep"))
            }
        }
    }

    /// Whether the value stands somewhere else: Yams puts the aliased node itself in the place of `*name`.
    private func isAlias(_ value: Node, of key: Node) -> Bool {
        guard let value = value.mark, let key = key.mark else { return false }
        return (value.line, value.column) <= (key.line, key.column)
    }

    /// The key whose value may be `name: {options}`.
    private static let variantKey = "model.attention"

    /// `attention: { name: { option: value } }` is the same as `attention: name` with `attention.option: value`.
    private mutating func flattenVariant(_ mapping: Node.Mapping, _ key: String, _ keyNode: Node) {
        for (nameNode, value) in mapping {
            append(key, [nameNode.scalar?.string ?? ""], keyNode, nameNode)
            switch value {
            case .mapping(let options): flatten(options, prefix: key, depth: 2)
            case .scalar(let scalar) where scalar.string.isEmpty: break
            default: issues.append(issue(value, "\(key): wanted the variant's own keys and values"))
            }
        }
    }

    private mutating func append(_ key: String, _ texts: [String], _ keyNode: Node, _ value: Node) {
        if !keys.insert(key).inserted { issues.append(issue(keyNode, "the key '\(key)' occurs twice")) }
        entries.append(
            Entry(
                key: key, texts: texts, keyPlace: place(keyNode), valuePlace: place(value),
                origin: "\((name as NSString).lastPathComponent):\(keyNode.mark?.line ?? 0)"))
    }

    private func issue(_ node: Node, _ message: String) -> RecipeIssue {
        RecipeIssue(place: place(node), message: message)
    }

    private func place(_ node: Node) -> RecipeIssue.Place {
        guard let mark = node.mark else { return .recipe(name) }
        return Self.place(mark, name, lines)
    }

    private static func place(_ mark: Mark, _ name: String, _ lines: [String]) -> RecipeIssue.Place {
        let source = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
        return .file(name, line: mark.line, column: mark.column, source: source)
    }

    private static func issue(of error: any Error, _ name: String, _ lines: [String]) -> RecipeIssue {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            RecipeIssue(place: place(mark, name, lines), message: problem)
        case YamlError.duplicatedKeysInMapping(let duplicates, let context):
            RecipeIssue(
                place: place(context.mark, name, lines),
                message: "the key '\(duplicates.first ?? "")' occurs twice, here first")
        default: RecipeIssue(place: .recipe(name), message: "\(error)")
        }
    }
}
