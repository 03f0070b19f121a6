import Options

/// A table as Markdown.
public enum MarkdownTable {
    /// What every one begins with.
    static let beginning = "| "

    /// - Parameter lines: cells, the headings first; no line ends the last.
    public static func text(_ lines: [[String]]) -> String {
        let texts = lines.map { cells in
            let cells = cells.map { $0.escaped(["|": #"\|"#, "\n": " "]) }
            return beginning + cells.joined(separator: " | ") + " |"
        }
        let rule = "|" + String(repeating: "---|", count: lines[0].count)
        return ([texts[0], rule] + texts.dropFirst()).joined(separator: "\n")
    }
}
