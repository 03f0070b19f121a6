extension String {
    /// The lines of a text, those that are set in joined to the one above.
    var unfoldedLines: [String] {
        var lines: [String] = []
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("  "), let last = lines.popLast() {
                lines.append(last + " " + line.drop { $0 == " " })
            } else {
                lines.append(String(line))
            }
        }
        return lines
    }
}
