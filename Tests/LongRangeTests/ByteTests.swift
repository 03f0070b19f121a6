import Foundation
import Testing

@testable import LongRange

@Suite struct ByteTests {
    @Test func documentsAreBytesWhateverTheyAre() throws {
        let folder = try TemporaryFolder()
        let long = Array(repeating: UInt8(ascii: "x"), count: 4001)
        let rows: [([UInt8], UInt8)] = [
            ([0xFF, 0x00, 0xC3], 0), ([], 1), ([0x41], 0), (Array(long.prefix(4000)), 1), (long, 0),
        ]
        var table = Array("id\tlabel\tscore\ttext\n".utf8)
        for (text, label) in rows { table += Array("a\t\(label)\t7\t".utf8) + text + [0x0A] }
        try folder.write(table, to: "imdb_test.tsv")
        let read = try LongRangeTask.text.rows(.test, in: folder.url)
        #expect(read.map(\.label) == [0, 1, 0, 1, 0])
        #expect(read.map(\.tokens.count) == [3, 0, 1, 4000, 4000] && read[0].tokens == [0xFF, 0x00, 0xC3])
    }

    @Test func reviewsInFoldersLeaveATenthForChoosing() throws {
        let folder = try TemporaryFolder()
        for (label, name) in ["neg", "pos"].enumerated() {
            for index in 0..<10 {
                try folder.write("\(label)\(index)", to: "aclImdb/train/\(name)/\(index)_1.txt")
            }
            try folder.write("t\(label)", to: "aclImdb/test/\(name)/0_1.txt")
        }
        let splits = try LongRangeTask.Split.allCases.map { try LongRangeTask.text.rows($0, in: folder.url) }
        #expect(splits.map(\.count) == [18, 2, 2])
        #expect(try LongRangeTask.text.rows(LongRangeTask.Split.allCases, in: folder.url) == splits)
        #expect(Set(splits.joined().map(\.tokens)).count == 22)
        #expect(splits.joined().allSatisfy { $0.tokens[0] == UInt8(ascii: "t") || Int($0.tokens[0]) == 48 + $0.label })
        try FileManager.default.removeItem(at: folder.url.appendingPathComponent("aclImdb/test/pos/0_1.txt"))
        #expect(
            message(in: folder) { _ = try LongRangeTask.text.rows(.test, in: folder.url) }
                == "aclImdb/test/pos: holds no reviews (.txt)")
    }

    @Test func pairsHaveTwoDocuments() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write("1.0\tA\tB\tone\ttwo\n0\tA\tC\tone\t\n", to: "new_aan_pairs.eval.tsv")
        #expect(
            try LongRangeTask.retrieval.rows(.dev, in: folder.url) == [
                LongRangeRow(Array("one".utf8), second: Array("two".utf8), label: 1),
                LongRangeRow(Array("one".utf8), second: [], label: 0),
            ])
        for (text, message) in [
            ("1\tA\tB\tone\n", ":1: 4 columns; wanted 5"), ("2\tA\tB\tone\ttwo\n", ":1: label '2'; wanted 0 or 1"),
            ("", ": holds no rows"),
        ] {
            try Data(text.utf8).write(to: url)
            #expect(
                LongRangeTests.message(in: folder) { _ = try LongRangeTask.retrieval.rows(.dev, in: folder.url) }
                    == "new_aan_pairs.eval.tsv" + message)
        }
        #expect(
            message(in: folder) { _ = try LongRangeTask.retrieval.rows(.train, in: folder.url) }?
                .hasSuffix("has no new_aan_pairs.train.tsv, plain, .gz or .xz") == true)
        try folder.write("id\ttext\n", to: "imdb_train.tsv")
        #expect(
            message(in: folder) { _ = try LongRangeTask.text.rows(.train, in: folder.url) }
                == "imdb_train.tsv:1: the columns are id, text; wanted label and text")
    }

    /// The files that lie beside the repository, made by the release's own generator and by IMDb's users.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: shared), "\(shared) is not here"))
    func theRealFilesAreRead() throws {
        let folder = URL(fileURLWithPath: shared)
        let expressions = try LongRangeTask.listops.rows(.test, in: folder)
        #expect(expressions.count == 2000 && expressions.allSatisfy { (501..<2000).contains($0.tokens.count) })
        let reviews = try LongRangeTask.text.rows(.test, in: folder)
        #expect(reviews.count == 25_000 && reviews.count { $0.label == 1 } == 12_500)
    }
}

private let shared = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data/lra")
    .standardizedFileURL.path
