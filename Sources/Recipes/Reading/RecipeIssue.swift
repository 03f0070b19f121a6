/// One thing that is wrong with a recipe, and where.
public struct RecipeIssue: Sendable, Equatable, CustomStringConvertible {
    public enum Place: Sendable, Equatable {
        /// Line and column from 1, and the text of the line.
        case file(String, line: Int, column: Int, source: String)
        /// A command-line argument.
        case argument(String)
        /// The recipe as a whole.
        case recipe(String)
    }

    public let place: Place
    public let message: String

    public var description: String {
        switch place {
        case .file(let file, let line, let column, let source):
            let caret = String(repeating: " ", count: max(0, column - 1)) + "^"
            return "\(file):\(line):\(column): \(message)\n    \(source)\n    \(caret)"
        case .argument(let argument): return "\(argument): \(message)"
        case .recipe(let file): return "\(file): \(message)"
        }
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
