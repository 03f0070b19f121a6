import Foundation
import Options

extension ResolvedRecipe {
    /// Every effective value with its origin and what the key means, aligned.
    ///
    /// - Parameter columns: of a window; where lines are longer, the meaning stands below, broken. Nil for none.
    public func explanation(columns: Int? = nil) -> String {
        let values = values.filter(isShown)
        let rows = values.map { [$0.key, $0.texts.joined(separator: ", "), $0.origin] }
        let widths = (0..<3).map { column in rows.map { $0[column].terminalColumns }.max() ?? 0 }
        let aligned = rows.map { row in
            zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.terminalColumns) }.joined(separator: "  ")
        }
        let lines = zip(aligned, values).map { "\($0)  # \($1.doc)" }
        guard let columns, lines.contains(where: { $0.terminalColumns > columns }) else {
            return lines.joined(separator: "\n")
        }
        return zip(aligned, values).map { row, value in
            row.trimmingCharacters(in: .whitespaces) + broken(value.doc, columns - 6).map { "\n    # \($0)" }.joined()
        }.joined(separator: "\n")
    }

    /// Lines of words, none longer than `columns` but of a longer word.
    private func broken(_ text: String, _ columns: Int) -> [String] {
        text.split(separator: " ").reduce(into: []) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= columns {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }

    /// The recipe with every value written out, which reads back as the same recipe.
    public var yaml: String {
        var lines = ["# Resolved from \(file): every value that the run was begun, or last continued, with."]
        var open: [Substring] = []
        for value in values where value.choice == nil && isShown(value) {
            let path = value.key.split(separator: ".")
            let parents = Array(path.dropLast())
            let common = zip(open, parents).prefix { $0 == $1 }.count
            for depth in common..<parents.count { lines.append(indent(depth) + "\(parents[depth]):") }
            open = parents
            lines.append(indent(parents.count) + "\(path[parents.count]): \(written(value))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A value that has both a name and keys below it is written as the one or the other.
    private func isShown(_ value: Value) -> Bool {
        let isNamed = { (key: String) in self[key] != "none" }
        if values.contains(where: { $0.choice == nil && $0.key.hasPrefix(value.key + ".") }) {
            return isNamed(value.key)
        }
        let above = values.first { $0.choice == nil && value.choice == nil && value.key.hasPrefix($0.key + ".") }
        return above.map { !isNamed($0.key) } ?? true
    }

    private func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    /// A choice writes what is below it.
    private func written(_ value: Value) -> String {
        let below = values.filter { $0.choice == value.key }
        if !below.isEmpty {
            let pairs = below.map { "\($0.key.dropFirst(value.key.count + 1)): \($0.texts[0])" }
            return "{ \(value.texts[0]): { \(pairs.joined(separator: ", ")) } }"
        }
        let texts = value.texts.map(quoted)
        return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
    }

    /// Plain where YAML cannot misread it, and in double quotes otherwise.
    private func quoted(_ text: String) -> String {
        let beginning = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let isPlain =
            beginning.first?.isNumber ?? false || text.first?.isLetter ?? false || text.hasPrefix("/")
            || text.hasPrefix(".")
        let isSafe = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " ./_-%+".contains($0)) }
        if isPlain, isSafe, !text.hasSuffix(" ") { return text }
        return "\"\(text.unicodeScalars.map(escaped).joined())\""
    }

    /// As it stands in double quotes (YAML 1.2, section 5.7), where line breaks would be folded and control characters refused.
    private func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\", "\"": "\\\(scalar)"
        case _
        where scalar.properties.generalCategory == .control
            || "\u{2028}\u{2029}\u{FEFF}".unicodeScalars.contains(scalar):
            "\\u" + String(0x10000 + scalar.value, radix: 16).dropFirst()
        default: String(scalar)
        }
    }
}
