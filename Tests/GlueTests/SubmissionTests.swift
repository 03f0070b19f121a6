import Foundation
import Tasks
import Testing

@testable import Glue

@Suite struct SubmissionTests {
    private let url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString).zip")

    private func whole() throws -> Submission {
        var submission = Submission()
        for (task, file) in Submission.files {
            try submission.add(task, file, (0..<(file.rows ?? 0)).map { Double($0 % task.target.outputs) })
        }
        return submission
    }

    @Test func elevenFilesAreWhatTheServerWants() throws {
        defer { try? FileManager.default.removeItem(at: url) }
        try whole().write(to: url)
        #expect(try Submission.problems(of: url) == [])
        #expect(
            Submission.files.map(\.file.title) == [
                "CoLA", "SST-2", "MRPC", "STS-B", "QQP", "MNLI-m", "MNLI-mm", "QNLI", "RTE", "WNLI", "AX",
            ])
        #expect(
            Submission.files.map(\.file.rows) == [
                1063, 1821, 1725, 1379, 390_965, 9796, 9847, 5463, 3000, 146, 1104,
            ])
    }

    /// A regression's values have no bounds, the benchmark's have.
    @Test func valuesAreClippedToTheRangeOfTheTask() throws {
        defer { try? FileManager.default.removeItem(at: url) }
        var submission = try whole()
        let stsb = try GlueTask.named("stsb")
        let file = stsb.test[0]
        let values = [-0.5, 0.25, 5.25, 3] + Array(repeating: 1, count: (file.rows ?? 0) - 4)
        try submission.add(stsb, file, values)
        try submission.write(to: url)
        let data = try #require(try ZipArchive.read(url, limit: 64 << 20).first { $0.name == "STS-B.tsv" }).data
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(lines[1...4] == ["0\t0.000", "1\t0.250", "2\t5.000", "3\t3.000"])
    }

    @Test func aZipThatUnpacksToVeryMuchIsRefusedUnread() throws {
        defer { try? FileManager.default.removeItem(at: url) }
        try ZipArchive.write((0..<5).map { ("\($0).tsv", Data(count: 20 << 20)) }, to: url)
        let error = #expect(throws: TaskError.self) { try Submission.problems(of: url) }
        #expect(error?.problem == "unpacks to more than 64 MB; wanted less")
        try ZipArchive.write((0..<1001).map { ("\($0).tsv", Data()) }, to: url)
        let many = #expect(throws: TaskError.self) { try Submission.problems(of: url) }
        #expect(many?.problem == "has 1001 entries; wanted at most 1000")
    }

    @Test func missingFilesAndWrongCountsAreRefused() throws {
        var submission = Submission()
        let sst2 = try GlueTask.named("sst2")
        let error = #expect(throws: TaskError.self) { try submission.add(sst2, sst2.test[0], [1, 0]) }
        #expect(error?.description == "SST-2: 2 test rows; the server wants the official 1821")
        let missing = #expect(throws: TaskError.self) { try submission.write(to: url) }
        #expect(missing?.problem.hasPrefix("no predictions of CoLA, SST-2, ") == true)
        #expect(!FileManager.default.fileExists(atPath: url.path))
    }

    private static func lines(_ count: Int, _ line: (Int) -> String) -> String {
        "index\tprediction\n" + (0..<count).map { line($0) + "\n" }.joined()
    }

    /// The mistakes that others made: a file, and what is said about it.
    @Test(arguments: [
        ("CoLA.tsv", "index\tpredictions\n0\t1\n", ":1: the header is 'index\tpredictions'"),
        ("RTE.tsv", "index\tprediction\r\n0\tentailment\r\n", ":1: the header is "),
        ("SST-2.tsv", lines(872) { "\($0)\t1" }, ": 872 predictions; wanted 1821"),
        ("WNLI.tsv", lines(146) { "\(2 * $0)\t1" }, ":3: '2\t1'; wanted the index 1"),
        ("AX.tsv", lines(1104) { "\($0)\t1" }, ":2: the prediction is '1'; wanted entailment, neutral, contradiction"),
        ("STS-B.tsv", lines(1379) { "\($0)\t5.1" }, ":2: the prediction is '5.1'; wanted a number from 0 to 5"),
        ("glue/QQP.tsv", "", ": not one of the 11 files; all lie flat in the archive"),
    ])
    func mistakesAreNamed(name: String, content: String, problem: String) throws {
        defer { try? FileManager.default.removeItem(at: url) }
        try ZipArchive.write([(name, Data(content.utf8))], to: url)
        let problems = try Submission.problems(of: url)
        #expect(problems.contains { $0.hasPrefix(name + problem) }, "\(problems)")
        #expect(problems.count { $0.hasSuffix(": missing") } == (name.contains("/") ? 11 : 10))
    }

    @Test func whatIsNoArchiveIsRefused() throws {
        #expect(throws: TaskError(url.relativePath, "no such file")) { try Submission.problems(of: url) }
        try Data("PK no archive".utf8).write(to: url)
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(throws: TaskError(url.relativePath, "not a zip archive, damaged, or with a name twice")) {
            try Submission.problems(of: url)
        }
    }
}
