/// A theme of the lexicon, written as a table: one header line, one entry a line, columns apart by `|`.
/// A line that is set in continues the one above.
///
/// A cell may hold choices, `a cup of [tea/coffee]`; each is an entry's alternative and is drawn once a document.
/// A column whose heading starts with `to ` holds verb phrases, and their first word is inflected where it is used.
/// The column `pronoun` says how an entry agrees; without it, everything is an `it`.
struct Table: Sendable {
    typealias Entry = [[Phrase]]

    let entries: [Entry]
    let pronouns: [Pronoun]
    private let columns: [String]

    init(_ text: String) {
        var rows = text.unfoldedLines.map { $0.split(separator: "|").map(Self.trimmed) }
        let headings = rows.removeFirst()
        let pronounColumn = headings.firstIndex(of: "pronoun")
        for row in rows where row.count != headings.count {
            preconditionFailure("lexicon: \(row) has \(row.count) columns, wanted \(headings)")
        }
        columns = headings.map { $0.hasPrefix("to ") ? String($0.dropFirst(3)) : $0 }
        pronouns = rows.map { row in pronounColumn.flatMap { Pronoun(rawValue: row[$0]) } ?? .it }
        entries = rows.map { row in
            zip(headings, row).map { heading, cell in
                Self.alternatives(of: cell[...]).map { Phrase($0, isVerbPhrase: heading.hasPrefix("to ")) }
            }
        }
    }

    func column(_ name: String) -> Int? {
        columns.firstIndex(of: name)
    }

    /// `a [b/c] d` -> `a b d`, `a c d`.
    static func alternatives(of cell: Substring) -> [String] {
        guard let open = cell.firstIndex(of: "["), let close = cell[open...].firstIndex(of: "]") else {
            return [String(cell)]
        }
        let rests = alternatives(of: cell[cell.index(after: close)...])
        return cell[cell.index(after: open)..<close].split(separator: "/").flatMap { choice in
            rests.map { cell[..<open] + choice + $0 }
        }
    }

    private static func trimmed(_ cell: Substring) -> String {
        var cell = cell
        while cell.first == " " { cell.removeFirst() }
        while cell.last == " " { cell.removeLast() }
        return String(cell)
    }
}

/// One alternative of a cell, with the inflected forms that a frame may ask for.
struct Phrase: Sendable {
    let text: String
    let plural: String
    /// The first word, where the phrase is a verb phrase, and what follows it.
    let verb: Verb?
    let complement: String

    init(_ text: String, isVerbPhrase: Bool) {
        let first = String(text.prefix { $0 != " " })
        self.text = text
        plural = Inflection.plural(text)
        verb = isVerbPhrase ? Inflection.verb(first) : nil
        complement = String(text.dropFirst(first.count))
    }
}
