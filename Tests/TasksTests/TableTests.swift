import Foundation
import Testing

@testable import Tasks

@Suite struct TableTests {
    /// Header and rows of a file of these bytes, or what is wrong with it.
    private func read(_ name: String, _ bytes: some Sequence<UInt8>) throws -> (
        rows: [[Cell]], lines: [Int], error: String?
    ) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let url = folder.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        var (rows, lines) = ([[Cell]](), [Int]())
        do {
            let table = try Table(url, wanted: [])
            rows.append(table.header.map { .text($0) })
            while let row = try table.next() {
                rows.append(row.cells)
                lines.append(row.line)
            }
            return (rows, lines, nil)
        } catch let error as TaskError {
            return (rows, lines, error.description.replacingOccurrences(of: folder.path + "/", with: ""))
        }
    }

    private func texts(_ rows: [String]...) -> [[Cell]] { rows.map { $0.map { .text($0) } } }

    /// Some hundred bytes of a compressed file can be millions of fields.
    @Test(arguments: [("t.tsv", "\t"), ("t.csv", ",")]) func noTableHasSoManyColumns(name: String, separator: String)
        throws
    {
        let most = Array(repeating: "a", count: 10_000).joined(separator: separator)
        #expect(try read(name, "\(most)\n\(most)\n".utf8).rows.map(\.count) == [10_000, 10_000])
        let problem = "more than 10000 columns; wanted fewer"
        #expect(try read(name, "\(most)\(separator)\n".utf8).error == "\(name):1: \(problem)")
        #expect(try read(name, "a\n\(most)\(separator)\n".utf8).error == "\(name):2: \(problem)")
        let long = "a\n" + String(repeating: "b", count: (16 << 20) + 1)
        #expect(try read(name, long.utf8).error == "\(name):2: no end within 16 MB; wanted shorter lines")
    }

    @Test func quotedFieldsHoldAnything() throws {
        let csv = "\u{FEFF}a,b\r\n\"x, \"\"y\"\"\",\"one\r\ntwo\n\"\r\n,\"\"\r\nlast,\"\u{2028}é\""
        let read = try read("t.csv", csv.utf8)
        #expect(read.rows == texts(["a", "b"], ["x, \"y\"", "one\ntwo\n"], ["", ""], ["last", "\u{2028}é"]))
        #expect(read.lines == [2, 5, 6] && read.error == nil)
    }

    @Test(
        arguments: [
            ("a,b\nx,\"y\nz\n", "t.csv:2:3: a quotation mark that is never closed"),
            (
                "a,b\né \"y\",z\n",
                "t.csv:2:3: a quotation mark inside a field without quotes; wanted the field in quotes"
            ),
            ("a,b\n\"x\ny\"z,\n", "t.csv:3:3: text behind a closing quotation mark; wanted a comma or the line's end"),
            (
                "a,b\nx,y\rz,w\n",
                "t.csv:2:4: a carriage return inside a field without quotes; wanted the field in quotes"
            ),
            ("a,b\n\"x\n\",y\nz\n", "t.csv:4: 1 columns, wanted 2"),
            ("a,b\nx,y\n\n\nx,y\n", "t.csv:3: an empty line; wanted 2 columns"),
            ("a,b\nx,y,\n", "t.csv:2: 3 columns, wanted 2"), ("a,b\nx,y\0\n", "t.csv:2:4: a NUL byte; wanted text"),
            ("", "t.csv: the file is empty"),
        ]) func whatIsNoCSVIsRefusedByLineAndColumn(csv: String, problem: String) throws
    {
        #expect(try read("t.csv", csv.utf8).error == problem)
    }

    @Test func tabsAloneSplitTSV() throws {
        let read = try read("t.TSV", "a\tb\r\n\"x\ty, z\r\n\t\n".utf8)
        #expect(read.rows == texts(["a", "b"], ["\"x", "y, z"], ["", ""]) && read.lines == [2, 3])
    }

    @Test func jsonLinesHaveTheirKeysInEachRow() throws {
        let json = #"{"a":"x\ny","b":1}"# + "\r\n" + #"{"c":0,"b":[true,"é",2.5],"a":null}"# + "\n" + "{}"
        let read = try read("t.jsonl", json.utf8)
        #expect(
            read.rows == texts(["a", "b"], ["x\ny", "1"]) + [
                [.missing, .list(["true", "é", "2.5"])], [.missing, .missing],
            ])
        #expect(read.lines == [1, 2, 3])
        let wrong = "not JSON lines; wanted an object a line"
        #expect(try self.read("t.jsonl", "{\"a\":1}\n{\"é\":x}\n".utf8).error == "t.jsonl:2:6: \(wrong)")
        #expect(try self.read("t.json", "[{\"a\":1}]\n".utf8).error == "t.json:1:1: \(wrong)")
        #expect(
            try self.read("t.json", "{\"a\":1}\n\n{\"a\":1}\n".utf8).error
                == "t.json:2: an empty line; wanted an object a line")
    }

    /// As editors leave them.
    @Test(arguments: [("t.csv", "a,b\nx,y\n"), ("t.tsv", "a\tb\nx\ty\n"), ("t.jsonl", "{\"a\":\"x\",\"b\":\"y\"}\n")])
    func emptyLinesAtTheEndAreNoRows(name: String, text: String) throws {
        for end in ["", "\n", "\r\n\n"] {
            let read = try read(name, (text + end).utf8)
            #expect(read.rows == texts(["a", "b"], ["x", "y"]) && read.error == nil, "\(read)")
        }
    }

    @Test func bytesThatAreNoTextAndOtherFiles() throws {
        #expect(
            try read("t.csv", [0x61, 0x0A, 0x62, 0xFF, 0x0A]).error == "t.csv:2: not UTF-8 (byte 0xFF at column 2)")
        #expect(
            try read("t.xlsx", "PK".utf8).error?.hasSuffix(
                "t.xlsx: not a .tsv, .csv, .jsonl or .json file, nor one of them with .gz or .xz") == true)
        #expect(try read("t.csv.gz", "a,b\n".utf8).rows == texts(["a", "b"]), "zlib reads what is not packed")
    }
}
