import Foundation
import JSON
import Options

/// The label of a row as what is to be predicted.
struct TargetReader {
    private let task: TaskSource
    /// Of a class or label by how it may be written.
    private let numbers: [String: Int]

    init(_ task: TaskSource) {
        self.task = task
        let several = task.hasSeveralSpellings
        let spellings = task.target.labels.enumerated().flatMap { index, label in
            ([label] + (several ? [task.classNames[index], "\(index)"] : [])).map { ($0, index) }
        }
        numbers = Dictionary(spellings) { first, _ in first }
    }

    /// - Throws: `TaskError` where it is none of the task.
    func target(_ cell: Cell, _ place: String) throws -> [Float] {
        guard case .value(let range) = task.target else {
            return try names(cell, place).map { name in
                guard let number = numbers[name] else { throw unknown(name, place) }
                return Float(number)
            }.sorted()
        }
        let text = try text(cell, place)
        guard isDecimal(text), let value = Float(text), range.contains(Double(value))
        else {
            let wanted =
                Target.value(range) == .number ? "" : " from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
            throw TaskError(place, "the label is '\(text)'; wanted a number\(wanted)")
        }
        return [value]
    }

    private func unknown(_ name: String, _ place: String) -> TaskError {
        let labels = task.target.labels
        let hint = Spelling.hint(for: name, among: labels)
        let wanted =
            labels.count <= 8
            ? labels.map { "'\($0)'" }.joined(separator: " or ")
            : "one of the \(labels.count) labels of the task\(hint)"
        return TaskError(place, "unknown label '\(name)'; wanted \(wanted)")
    }

    /// The class of a cell, or its labels.
    ///
    /// - Throws: `TaskError` where a value is missing, has two lines, or a label occurs twice.
    func names(_ cell: Cell, _ place: String) throws -> [String] {
        let names = task.target.isMultiLabel ? try list(cell, place) : [try text(cell, place)]
        var seen: Set<String> = []
        for name in names {
            if !seen.insert(name).inserted { throw TaskError(place, "the label '\(name)' occurs twice") }
            guard !name.hasControls else {
                throw TaskError(place, "a label with a tab or a line break; wanted one line")
            }
        }
        return names
    }

    private func text(_ cell: Cell, _ place: String) throws -> String {
        switch cell {
        case .list: throw TaskError(place, "the label is a list; wanted one label, or kind: labels")
        case .other(let value): throw TaskError(place, "the label is \(value); wanted one label")
        case .text(let written):
            // A class with a blank at its end would be one of its own.
            let text = task.target.isValue ? written : written.trimmed
            if !text.isEmpty || task.allowsEmptyTexts { return text }
            fallthrough
        case .missing: throw TaskError(place, "the label '\(task.label.first ?? "")' is missing")
        }
    }

    private func list(_ cell: Cell, _ place: String) throws -> [String] {
        switch cell {
        case .list(let names):
            return try names.map { written in
                let name = written.trimmed
                guard !name.isEmpty else { throw TaskError(place, "a label is empty") }
                return name
            }
        case .missing: throw TaskError(place, "the label '\(task.label.first ?? "")' is missing")
        case .other(let value): throw TaskError(place, "the labels are \(value); wanted a list of texts")
        case .text(let text):
            if let separator = task.separator {
                // By scalars: to String, a separator is no character of its own beside one that joins it.
                let parts = text.unicodeScalars.split(
                    separator: separator.unicodeScalars, omittingEmptySubsequences: text.isEmpty)
                return try list(.list(parts.map(String.init)), place)
            }
            guard let value = try? JSONValue(Array(text.utf8)), value.list != nil else {
                throw TaskError(
                    place, "the labels are '\(text)'; wanted a JSON list such as [\"a\", \"b\"], or a separator")
            }
            return try list(Cell(value), place)
        }
    }

    private func plain(_ bound: Double) -> String { String(format: "%g", bound) }
}

extension TaskSource {
    /// A classifier has a row of weights for each: a column of names or times would take all memory.
    private static let mostLabels = 65_536

    /// The task with the labels of its training rows where they are not known yet: in the order of numbers where all are
    /// numbers, and of their bytes otherwise.
    ///
    /// - Throws: `TaskError` where the rows are damaged, or have labels that nothing can be learned of.
    public func withLabels(in folder: URL) throws -> TaskSource {
        guard target.labels.isEmpty, !target.isValue, let train else { return self }
        if target.isOfWords {
            var task = self
            task.target = .tags(try tags(in: TaskFile.url(of: train, self, in: folder)))
            return task
        }
        let reader = TargetReader(self)
        var (found, rows) = (Set<String>(), 0)
        let url = try TaskFile.read(self, train, true, in: folder) { _, label, place in
            rows += 1
            found.formUnion(try label.map { try reader.names($0, place) } ?? [])
        }
        let sorted = found.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        let numbers = sorted.compactMap { isDecimal($0) ? Double($0) : nil }
        let labels =
            numbers.count == sorted.count
            ? zip(numbers, sorted.indices).sorted { $0 < $1 }.map { sorted[$1] } : sorted
        let least = target.isMultiLabel ? 1 : 2
        guard labels.count >= least || rows == 0 else {
            let said = labels.first.map { "all rows have the label '\($0)'" } ?? "no row has a label"
            throw TaskError(url.relativePath, "\(said); wanted \(least == 1 ? "one at least" : "two labels at least")")
        }
        guard rows < 3 || target.isMultiLabel || labels.count < rows else {
            throw TaskError(
                url.relativePath,
                "every row has a label of its own in '\(label[0])'; wanted labels that repeat, or kind: value")
        }
        guard labels.count <= Self.mostLabels else {
            throw TaskError(
                url.relativePath,
                "\(labels.count) labels, the first of them '\(labels[0])'; wanted at most \(Self.mostLabels), or kind: value"
            )
        }
        if metrics.contains(.f1), labels.count != 2 {
            throw TaskError(
                url.relativePath, "f1 is of two classes, and there are \(labels.count); wanted macroF1 or microF1")
        }
        var task = self
        task.target = target.isMultiLabel ? .labels(labels) : .classes(labels)
        return task
    }
}

/// Whether a text has nothing but what decimal numbers are written with: Swift reads `0x1p3` and `nan` too.
private func isDecimal(_ text: String) -> Bool { text.utf8.allSatisfy { "+-.0123456789eE".utf8.contains($0) } }
