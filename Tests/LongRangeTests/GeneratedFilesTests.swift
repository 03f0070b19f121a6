import Foundation
import Testing

@testable import LongRange

@Suite struct GeneratedFilesTests {
    private func write(_ folder: TemporaryFolder, seed: UInt64) throws -> [String: Int] {
        var written: [String: Int] = [:]
        try GeneratedFiles.write(listops: [4, 2, 3], pathfinder: [5, 1, 2], seed: seed, to: folder.url) {
            written[$0.lastPathComponent] = $1
        }
        return written
    }

    @Test func filesAreReadBackAndNoTwoRowsAreAlike() throws {
        let folder = try TemporaryFolder()
        let written = try write(folder, seed: 1)
        #expect(
            written == [
                "listops_train.tsv": 4, "listops_val.tsv": 2, "listops_test.tsv": 3, "pathfinder_train.bin": 5,
                "pathfinder_val.bin": 1, "pathfinder_test.bin": 2,
            ])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names.sorted() == written.keys.sorted())
        for (task, counts) in [(LongRangeTask.listops, [4, 2, 3]), (.pathfinder, [5, 1, 2])] {
            let splits = try LongRangeTask.Split.allCases.map { try task.rows($0, in: folder.url) }
            #expect(splits.map(\.count) == counts && Set(splits.joined().map(\.tokens)).count == counts.reduce(0, +))
        }
    }

    @Test func theSameSeedGivesTheSameBytes() throws {
        let folders = try (0..<3).map { _ in try TemporaryFolder() }
        for (folder, seed) in zip(folders, [1, 1, 2] as [UInt64]) { _ = try write(folder, seed: seed) }
        for name in ["listops_val.tsv", "pathfinder_train.bin"] {
            let files = try folders.map { try Data(contentsOf: $0.url.appendingPathComponent(name)) }
            #expect(files[0] == files[1] && files[0] != files[2])
        }
    }

    /// Rows of two seeds may be alike, so that files of both must never stand beside one another.
    @Test func noFileOfAnotherSeedStaysBesideThoseThatAreWritten() throws {
        let folder = try TemporaryFolder()
        _ = try write(folder, seed: 1)
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent(".partial-listops_val.tsv"), withIntermediateDirectories: true)
        #expect(throws: (any Error).self) { try write(folder, seed: 2) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).filter { !$0.hasPrefix(".") }
        #expect(names.filter { $0.hasPrefix("listops") } == ["listops_train.tsv"])
        #expect(names.filter { $0.hasPrefix("pathfinder") }.count == 3)
    }

    @Test func aFolderThatIsAFileIsOneLine() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write("", to: "taken")
        let found = message(in: folder) {
            try GeneratedFiles.write(listops: [], pathfinder: [], seed: 1, to: url) { _, _ in }
        }
        #expect(found == "taken: is a file; wanted a folder")
    }
}
