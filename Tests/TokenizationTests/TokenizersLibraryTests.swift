import Foundation
import Testing

@testable import Tokenization

/// The vocabularies that we write, as the library that transformers uses reads them.
@Suite struct TokenizersLibraryTests {
    private static let python = ProcessInfo.processInfo.environment["YOSO_PYTHON"] ?? "python3"

    private static func runPython(_ arguments: [String], input: Data = Data()) throws -> (code: Int32, output: Data) {
        let folder = try TemporaryFolder()
        try input.write(to: folder.file("input"))
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python] + arguments
        process.standardInput = try FileHandle(forReadingFrom: folder.file("input"))
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    private static let hasLibrary = (try? runPython(["-c", "import tokenizers"]).code) == 0

    private static let words = [
        "the", "red", "house", "stands", "near", "river", "RIVER", "42", "3.14", "naïve", "cafe\u{301}", "straße",
        "ﬁne",
        "don't", "well-known", "(old)", "…", "日本", "привет", "🙂", "x\u{200B}y", "½", "Å", "i̇", "__", "▁", "aaaa",
        "banana",
    ]

    @Test(
        .enabled(if: hasLibrary, "no tokenizers for \(python); YOSO_PYTHON names a Python that has it"),
        arguments: VocabularyTrainer.Model.allCases)
    func idsAreOurs(model: VocabularyTrainer.Model) throws {
        // Words of few letters in many orders, so that merges compete; most of the others are unknown.
        var state: UInt64 = 1
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        func word() -> String { String((0...draw(7)).map { _ in Array("abanstre")[draw(8)] }) }
        let text = (0..<2000).map { _ in (0...draw(9)).map { _ in word() }.joined(separator: " ") }
        var rest = text.makeIterator()
        let tokenizer = try VocabularyTrainer(size: 300, model: model).train { rest.next() }
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        let lines = (0..<4000).map { _ in
            (0...draw(9)).map { _ in draw(3) == 0 ? Self.words[draw(Self.words.count)] : word() }
                .joined(separator: draw(9) == 0 ? "  " : " ")
        }
        let script = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Peers/token_ids.py")
            .standardizedFileURL
        let read = try Self.runPython(
            [script.path, folder.file("tokenizer.json").path], input: JSONEncoder().encode(lines))
        let theirs = try JSONDecoder().decode([[Int32]].self, from: read.output)
        #expect(read.code == 0 && theirs.count == lines.count)
        for (line, ids) in zip(lines, theirs) {
            let own = tokenizer.encode(line)
            guard own != ids, !tokenizer.areEquallyLikely(own, ids) else { continue }
            Issue.record("\(line): \(own.map(tokenizer.piece)) here, \(ids.map(tokenizer.piece)) there")
        }
    }
}
