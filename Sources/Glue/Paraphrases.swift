import Foundation
import Tasks

/// MRPC as GLUE has it, made from Microsoft's corpus (Dolan & Brockett 2005): dev is the pairs that GLUE lists, taken out of
/// the training rows, and the test rows have no labels.
struct Paraphrases {
    /// `train`, `dev` and `test`, as the text of their files.
    let tables: [(name: String, text: String)]

    /// - Parameter devPairs: the two sentence ids of every dev row, with a tab between.
    /// - Throws: `TaskError` with file and line where a row has another number of columns.
    init(train: URL, test: URL, devPairs: URL) throws {
        let pairs = Set(try Self.rows(devPairs, columns: 2))
        let rows = try Self.rows(train, columns: 5)
        let (header, labelled) = (rows[0], rows.dropFirst())
        let isDev = labelled.map { pairs.contains([$0[1], $0[2]]) }
        let tested = try Self.rows(test, columns: 5).dropFirst()
        guard isDev.count(where: { $0 }) == pairs.count else {
            throw TaskError(
                train.relativePath,
                "has \(isDev.count { $0 }) of the \(pairs.count) pairs of \(devPairs.lastPathComponent)")
        }
        tables = [
            ("train", Self.table([header] + zip(labelled, isDev).filter { !$1 }.map(\.0))),
            ("dev", Self.table([header] + zip(labelled, isDev).filter { $1 }.map(\.0))),
            (
                "test",
                Self.table([["index"] + header[1...]] + tested.enumerated().map { ["\($0)"] + $1[1...] })
            ),
        ]
    }

    private static func table(_ rows: [[String]]) -> String {
        rows.map { $0.joined(separator: "\t") + "\n" }.joined()
    }

    /// Lines by line feed alone, fields by tab alone, without byte-order mark and carriage returns.
    private static func rows(_ url: URL, columns: Int) throws -> [[String]] {
        var lines = try OfficialSource.read(url).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        guard !lines.isEmpty else { throw TaskError(url.relativePath, "the file is empty") }
        return try lines.enumerated().map { index, line in
            var line = line
            if index == 0, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            guard fields.count == columns else {
                throw TaskError("\(url.relativePath):\(index + 1)", "\(fields.count) columns, wanted \(columns)")
            }
            return fields.map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
