import Foundation
import Options

/// The sentences of a file in the columns of CoNLL's tasks: a word a line with its tag in the last column, empty lines between
/// sentences, and lines that begin with `-DOCSTART-` passed over (Tjong Kim Sang & De Meulder 2003, section 2).
///
/// Columns are separated by tabs where the first word's line has one, and otherwise by spaces, as many as there are.
struct TaggedSentences {
    struct Word: Equatable {
        let text: String
        let tag: String
        /// From 1.
        let line: Int
    }

    private let lines: TableLines
    /// Of the first word.
    private var form: (line: Int, columns: Int, hasTabs: Bool)?

    /// - Throws: `TaskError` where the file cannot be read.
    init(_ url: URL) throws { lines = try TableLines(url) }

    /// The words of the next sentence; none at the end.
    ///
    /// - Throws: `TaskError` with the line of what is not as it should be.
    mutating func next() throws -> [Word] {
        var sentence: [Word] = []
        while let line = try lines.next() {
            let word = Self.isBlank(line) || line.starts(with: Self.documentStart) ? nil : try word(line)
            if let word { sentence.append(word) } else if !sentence.isEmpty { break }
        }
        return sentence
    }

    static let empty = "no sentence; wanted lines of a word and its tag"
    private static let documentStart = Array("-DOCSTART-".utf8)
    private static let (space, tab) = (UInt8(ascii: " "), UInt8(ascii: "\t"))

    private static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == space || $0 == tab } }

    private mutating func word(_ line: [UInt8]) throws -> Word {
        func error(_ problem: String) -> TaskError { TaskError("\(lines.place):\(lines.number)", problem) }
        let hasTabs = line.contains(Self.tab)
        let columns = line.split(
            separator: hasTabs ? Self.tab : Self.space, maxSplits: TableLines.mostFields,
            omittingEmptySubsequences: !hasTabs
        ).map { String(decoding: $0, as: UTF8.self) }
        try lines.check(fields: columns.count)
        let form = form ?? (lines.number, columns.count, hasTabs)
        self.form = form
        guard hasTabs == form.hasTabs else {
            let (found, wanted) = hasTabs ? ("a tab", "spaces") : ("no tab", "tabs")
            throw error("\(found) between columns; wanted \(wanted), as in line \(form.line)")
        }
        guard let text = columns.first, let tag = columns.last?.trimmed, columns.count > 1
        else {
            throw error("one column; wanted a word and, in the last column, its tag")
        }
        guard columns.count == form.columns else {
            throw error("\(columns.count) columns; wanted \(form.columns), as in line \(form.line)")
        }
        guard !text.isEmpty else { throw error("an empty word in the first column") }
        guard tag == Entity.none || Entity.type(of: tag) != nil else {
            throw error("the tag is '\(tag)'; wanted O, or B- or I- with a type behind it, such as B-PER")
        }
        return Word(text: text, tag: tag, line: lines.number)
    }
}

extension TaskSource {
    /// The tags of the training words: `O`, and both of every type.
    ///
    /// - Throws: `TaskError` where the file is damaged, or no word is of a type.
    func tags(in url: URL) throws -> [String] {
        var (sentences, types, isEmpty) = (try TaggedSentences(url), Set<String>(), true)
        while case let words = try sentences.next(), !words.isEmpty {
            isEmpty = false
            types.formUnion(words.compactMap { Entity.type(of: $0.tag) })
        }
        guard !isEmpty else { throw TaskError(url.relativePath, TaggedSentences.empty) }
        guard !types.isEmpty else {
            throw TaskError(url.relativePath, "no word has a tag of a type; wanted for example B-PER")
        }
        return Entity.tags(of: types)
    }
}
