import Foundation
import Testing

@testable import SampleEnglish

@Suite final class SampleFilesTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sample-\(UUID().uuidString)")

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    @Test func theTextIsOneParagraphALineAndAnEmptyLineBetweenDocuments() throws {
        let file = folder.appendingPathComponent("text/english.txt")
        let count = try SampleText(seed: 1).write(to: file, megabytes: 0.02)
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(count == text.utf8.count)
        #expect((20_000..<24_096).contains(count))
        let documents = text.components(separatedBy: "\n\n").map { $0.split(separator: "\n").map(String.init) }
        #expect(documents == Array(SampleText(seed: 1).prefix(documents.count)))
        #expect(text.hasSuffix(".\n") || text.hasSuffix("\"\n"))
    }

    @Test func theTaskIsInTheLayoutOfGlue() throws {
        let task = SampleSentimentTask(seed: 1, trainCount: 3, devCount: 2, testCount: 2)
        try task.write(to: folder)
        #expect(
            try read("train.tsv")
                == "sentence\tlabel\n" + task.train.map { "\($0.sentence) \t\($0.label)\n" }.joined())
        #expect(try read("dev.tsv") == "sentence\tlabel\n" + task.dev.map { "\($0.sentence) \t\($0.label)\n" }.joined())
        #expect(try read("test.tsv") == "index\tsentence\n0\t\(task.test[0].sentence)\n1\t\(task.test[1].sentence)\n")
    }

    @Test func aFileThatCannotBeWrittenIsNamed() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let obstacle = folder.appendingPathComponent("SST-2")
        try Data("a file, no folder".utf8).write(to: obstacle)
        let error = #expect(throws: SampleFileError.self) { try SampleSentimentTask(seed: 1).write(to: self.folder) }
        let description = try #require(error).description
        #expect(description.hasPrefix("\(obstacle.path)/train.tsv: the sample could not be written: "))
    }

    private func read(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("SST-2/\(name)"), encoding: .utf8)
    }
}
