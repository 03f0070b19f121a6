import Foundation

extension String {
    /// The text with what is long beyond reading left out of its lines, which may hold a whole file.
    public var shortened: String {
        let most = 1000
        return split(separator: "\n", omittingEmptySubsequences: false).map { line in
            // Counting the characters of a long line takes longer than cutting it.
            line.utf8.count <= most
                ? String(line) : "\(line.prefix(most / 2)) … \(line.suffix(most / 4)) (\(line.utf8.count) bytes)"
        }.joined(separator: "\n")
    }

    /// The text with control characters written out, but for line feeds and tabs: a name or a line of a file may hold any, and
    /// a terminal would obey them.
    public var visible: String {
        unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control where scalar != "\n" && scalar != "\t", .format, .lineSeparator, .paragraphSeparator:
                String(format: "<U+%04X>", scalar.value)
            default: String(scalar)
            }
        }.joined()
    }

    /// The text on one line: as `visible`, with line feeds and tabs written out too.
    public var onOneLine: String {
        visible.replacing("\n", with: "<U+000A>").replacing("\t", with: "<U+0009>")
    }
}
