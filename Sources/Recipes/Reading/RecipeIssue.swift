import Options

/// One thing that is wrong with a recipe, and where.
public struct RecipeIssue: Sendable, Equatable, CustomStringConvertible {
    public enum Place: Sendable, Equatable {
        /// Line and column from 1, and the text of the line.
        case file(String, line: Int, column: Int, source: String)
        /// A command-line argument.
        case argument(String)
        /// The recipe as a whole.
        case recipe(String)

        /// Least of what is said last.
        var order: Int {
            switch self {
            case .argument: 0
            case .file: 1
            case .recipe: 2
            }
        }
    }

    public let place: Place
    public let message: String

    public var description: String {
        let message = Self.onOneLine(message)
        switch place {
        case .file(let name, let line, let column, let source):
            let file = Self.onOneLine(name)
            let (shown, offset) = Self.window(of: source, around: max(0, column - 1))
            let before = String(String.UnicodeScalarView(shown.unicodeScalars.prefix(offset)))
            let caret =
                before.map { $0 == "\t" ? "\t" : String(repeating: " ", count: "\($0)".terminalColumns) }.joined() + "^"
            return "\(file):\(line):\(column): \(message)\n    \(shown)\n    \(caret)"
        case .argument(let argument): return "\(Self.onOneLine(argument)): \(message)"
        case .recipe(let file): return "\(Self.onOneLine(file)): \(message)"
        }
    }

    /// A name or value with a line feed must not pass for another issue.
    private static func onOneLine(_ text: String) -> String { text.escaped(["\n": "<U+000A>"]) }

    /// What of a long line stands around a place, so that it fits a terminal of 80 columns, and where the place is in it.
    private static func window(of source: String, around offset: Int) -> (String, Int) {
        let width = 72
        let scalars = Array(source.unicodeScalars)
        guard scalars.count > width else { return (source, offset) }
        let first = max(0, min(offset - width / 2, scalars.count - width))
        var text = String(String.UnicodeScalarView(scalars[first..<first + width]))
        if first > 0 { text = "…" + text.dropFirst() }
        if first + width < scalars.count { text = text.dropLast() + "…" }
        return (text, offset - first)
    }
}

/// All that is wrong with a recipe, at once.
public struct RecipeErrors: Error, Sendable, Equatable, CustomStringConvertible {
    public let issues: [RecipeIssue]

    public var description: String {
        let shown = issues.prefix(Self.mostShown).map(\.description).joined(separator: "\n")
        return shown + (issues.count > Self.mostShown ? "\nand \(issues.count - Self.mostShown) problems more" : "")
    }

    /// More would push the first out of sight.
    static let mostShown = 20
}
