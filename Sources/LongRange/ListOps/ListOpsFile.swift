import Corpora
import Foundation
import Tasks

/// The release's `basic_{train,val,test}.tsv`: an expression (Source) and its value (Target) a line.
public enum ListOpsFile {
    private static let head = "Source\tTarget"

    /// The rows, whose tokens are indices of `ListOpsExpression.words`.
    ///
    /// Parentheses are left out, as the release's tokenizer does. The expressions are computed: a value that is another's is
    /// damage, or an operation that we do not know.
    ///
    /// - Throws: `TaskError` with the line, `CorpusError` where the file cannot be read.
    public static func rows(of url: URL) throws -> [LongRangeRow] {
        let reader = try LineReader(url)
        guard try reader.next() == head else { throw TaskError(url, line: 1, "wanted the columns Source, Target") }
        var rows: [LongRangeRow] = []
        while let line = try reader.next() {
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard cells.count == 2 else {
                throw TaskError(url, line: reader.lineNumber, "\(cells.count) columns; wanted Source, Target")
            }
            do { rows.append(try row(cells[0], cells[1])) } catch let error as Problem {
                throw TaskError(url, line: reader.lineNumber, error.text)
            }
        }
        guard !rows.isEmpty else { throw TaskError(url, "holds no rows") }
        return rows
    }

    private struct Problem: Error { let text: String }

    private static let indices = Dictionary(
        uniqueKeysWithValues: ListOpsExpression.words.enumerated().map { (Substring($1), UInt8($0)) })

    private static func row(_ source: Substring, _ target: Substring) throws -> LongRangeRow {
        let words = source.split(separator: " ").filter { $0 != "(" && $0 != ")" }
        let tokens = try words.map { word in
            guard let index = indices[word] else { throw Problem(text: "'\(word)' is no word of ListOps") }
            return index
        }
        let limit = LongRangeTask.listops.length
        guard tokens.count <= limit else { throw Problem(text: "\(tokens.count) words; wanted at most \(limit)") }
        let value = try value(of: tokens)
        guard target == "\(value)" else { throw Problem(text: "the value is \(value); the file says '\(target)'") }
        return LongRangeRow(tokens, label: value)
    }

    /// By a stack of operations that have not ended, another way than `ListOpsExpression.value` goes.
    static func value(of tokens: [UInt8]) throws -> Int {
        let operations = ListOpsExpression.Operation.allCases
        var open: [(operation: ListOpsExpression.Operation, counts: [Int])] = []
        for (index, token) in tokens.enumerated() {
            var result = Int(token)
            if token >= 10, Int(token) < 10 + operations.count {
                open.append((operations[Int(token) - 10], Array(repeating: 0, count: 10)))
                continue
            }
            if result == ListOpsExpression.words.count - 1 {
                guard let last = open.popLast(), last.counts.contains(where: { $0 > 0 }) else {
                    throw Problem(text: "an end at word \(index + 1) where no operation with values is open")
                }
                result = value(last.operation, last.counts)
            }
            guard !open.isEmpty else {
                guard index == tokens.count - 1 else { throw Problem(text: "words after the end of the expression") }
                return result
            }
            open[open.count - 1].counts[result] += 1
        }
        throw Problem(text: tokens.isEmpty ? "no expression" : "\(open.count) operations have no end")
    }

    /// Of as many of each digit as `counts` says.
    private static func value(_ operation: ListOpsExpression.Operation, _ counts: [Int]) -> Int {
        func at(_ rank: Int) -> Int {
            var below = 0
            return counts.indices.first {
                below += counts[$0]
                return below > rank
            } ?? 9
        }
        let count = counts.reduce(0, +)
        return switch operation {
        case .minimum: at(0)
        case .maximum: at(count - 1)
        case .median: (at((count - 1) / 2) + at(count / 2)) / 2
        case .sum: counts.indices.reduce(0) { $0 + $1 * counts[$1] } % 10
        }
    }

    /// Lines of `count` different expressions that `seen` does not have, which gets them, by what of them a model reads.
    static func data(_ count: Int, from generator: inout ListOpsGenerator, _ seen: inout Set<[UInt8]>) -> Data {
        var (data, rows) = (Data("\(head)\n".utf8), 0)
        while rows < count {
            let expression = generator.next()
            let source = expression.source
            guard seen.insert(source.utf8.filter { !" ()".utf8.contains($0) }).inserted else { continue }
            data.append(contentsOf: "\(source)\t\(expression.value)\n".utf8)
            rows += 1
        }
        return data
    }
}
