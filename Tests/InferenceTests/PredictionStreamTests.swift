import Foundation
import Tasks
import Testing

@testable import Inference

@Suite struct PredictionStreamTests {
    /// What comes out of `input`, predicted by the length of the first text.
    private func output(_ input: String, texts: Int? = nil) throws -> (lines: [String], error: InputProblem?) {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try Data(input.utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let stream = PredictionStream(.classes(["short", "long"]), texts: texts) { rows in
            rows.map { $0[0].count > 3 ? [-100, 100] : [100, -100] }
        }
        var (written, error) = ("", InputProblem?.none)
        do {
            try stream.run(InputLines(url.path, longest: 60), batch: 2) { written += $0 }
        } catch let problem as InputProblem { error = problem }
        return (written.split(separator: "\n").map(String.init), error)
    }

    private let short = #""label":"short","probabilities":{"long":0,"short":1}}"#
    private let long = #""label":"long","probabilities":{"long":1,"short":0}}"#

    @Test(arguments: 0...7) func theLargestAreThoseOfASort(count: Int) {
        let values = [0.25, 0.5, 0, 0.5, 0.125, 0.5]
        let sorted = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
        #expect(MaskFilling.largest(count, of: values) == Array(sorted.prefix(count)))
        #expect(MaskFilling.largest(count, of: []) == [])
    }

    @Test func everyLineHasOneInItsPlace() throws {
        let (lines, error) = try output("good\n\r\na\tb\n{\"text\": \"x\\ty\", \"id\": [1, \"a/b\"]}\n\"said\"")
        #expect(
            lines == ["{" + long, "{" + short, "{" + short, #"{"id":[1,"a/b"],"# + short, "{" + long])
        #expect(error == nil)
        #expect(try output("").lines == [])
        // A byte order mark is of the file; in the middle it is text.
        #expect(
            try output("\u{FEFF}{\"text\": \"good\", \"id\": 1}\n\u{FEFF}ab\n").lines == [
                #"{"id":1,"# + long, "{" + short,
            ])
        // Beyond the integers of this machine.
        for id in ["18446744073709551616", "-9223372036854775809", "9223372036854775807"] {
            #expect(try output("{\"text\": \"good\", \"id\": \(id)}").lines == ["{\"id\":\(id)," + long])
        }
    }

    @Test(
        arguments: [
            ("a\tb\tc", nil, "3 columns; wanted a sentence, or two with a tab between"),
            ("a\tb", 1, "two texts, but the model was fine-tuned on one"),
            ("a", 2, "one text, but the model was fine-tuned on two"),
            (#"{"sentence": "a"}"#, nil, "the JSON object has no 'text'"),
            (#"{"text": 5}"#, nil, "'text' is 5; wanted a string"),
            (#"{"text": "a", "text": "b"}"#, nil, "the key 'text' stands twice"),
            (#"{"text": "a", "text_pair": "b"}"#, nil, "'text_pair' is no key; wanted 'text2'"),
            (#"{"text": "a", "text2": {}}"#, nil, "'text2' is {}; wanted a string"),
            (#"{"text": "a""#, nil, "begins with a brace and is no JSON object"),
            (#"["a", "b"]"#, nil, "a JSON list; wanted a sentence, or an object with 'text'"),
            (String(repeating: "a", count: 70_000), nil, "longer than 60 bytes"),
        ] as [(String, Int?, String)]) func aBadLineSaysWhyAndOthersGoOn(bad: String, texts: Int?, why: String) throws
    {
        let good = texts == 2 ? "good\tb" : "good"
        let (lines, error) = try output("\(good)\n\(bad)\n\(good)\n", texts: texts)
        #expect(lines.count == 3 && lines[0] == "{" + long && lines[2] == "{" + long)
        struct Failure: Decodable { let line: Int, error: String }
        let failure = try JSONDecoder().decode(Failure.self, from: Data(lines[1].utf8))
        #expect(failure.line == 2 && failure.error == why)
        #expect(error?.description.hasSuffix("1 of 3 lines have no prediction; each says why in its place") == true)
    }

    /// Not as so many lines that are no UTF-8.
    @Test(
        arguments: [
            ([0x1F, 0x8B, 8, 0], "zcat"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "xzcat"),
            ([0x28, 0xB5, 0x2F, 0xFD], "zstdcat"),
        ] as [([UInt8], String)]) func compressedInputIsCalledSo(bytes: [UInt8], tool: String) throws
    {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: url) }
        try Data(bytes + [0x0A, 0x0A]).write(to: url)
        let error = #expect(throws: InputProblem.self) { try InputLines(url.path).next(atMost: 1) }
        #expect(error?.description == "\(url.path): is compressed; wanted lines, as \(tool) gives them")
    }

    @Test func aDashIsStandardInput() throws { #expect(try InputLines("-").name == "standard input") }

    @Test func aTextIsItsLines() throws {
        for (text, wanted) in [("", [""]), ("a\tb", ["a\tb"]), ("one\ntwo\n", ["one", "two"])] {
            let lines = try InputLines(text: text)
            #expect(try lines.next(atMost: 9).map { try $0.text.get() } == wanted)
            #expect(try lines.next(atMost: 9).isEmpty && !lines.isFile(at: "/"))
        }
        func problem(_ path: String?, _ text: String) -> String? {
            #expect(throws: InputProblem.self) { try InputLines(path, text: text) }?.description
        }
        #expect(problem("y", "x") == "a text, and --input y; wanted one of them")
        // A file that was meant is not answered as a text; a folder of this name is no input either way.
        #expect(problem(nil, #filePath) == "\(#filePath) is a file; wanted a text, or --input \(#filePath)")
        #expect(try InputLines(text: "/").next(atMost: 9).count == 1)
    }

    /// σ(0) = 0.5 is not said, σ(log 3) = 0.75 is.
    @Test func severalLabelsOrNone() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try Data("a\nb\n".utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        let stream = PredictionStream(.labels(["x", "y"]), texts: 1) { rows in
            rows.map { $0 == ["a"] ? [log(3), log(3)] : [0, -log(3)] }
        }
        var written = ""
        try stream.run(InputLines(url.path), batch: 2) { written += $0 }
        let lines = written.split(separator: "\n")
        #expect(lines[0] == #"{"labels":["x","y"],"probabilities":{"x":0.75,"y":0.75}}"#)
        #expect(lines[1] == #"{"labels":[],"probabilities":{"x":0.5,"y":0.25}}"#)
    }

    @Test func whatIsThereIsAnsweredWhileInputPauses() throws {
        let pipe = Pipe()
        let lines = try InputLines("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
        pipe.fileHandleForWriting.write(Data("one\ntwo\nthr".utf8))
        #expect(try lines.next(atMost: 100).map { try $0.text.get() } == ["one", "two"])
        pipe.fileHandleForWriting.write(Data("ee\n".utf8))
        #expect(try lines.next(atMost: 100).map { try $0.text.get() } == ["three"])
        try pipe.fileHandleForWriting.close()
        #expect(try lines.next(atMost: 100).isEmpty)
    }
}
