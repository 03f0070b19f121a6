import Foundation
import Testing

@testable import LongRange

@Suite struct GeneratedFilesTests {
    private func write(_ folder: TemporaryFolder, seed: UInt64) throws -> [String: Int] {
        var written: [String: Int] = [:]
        try GeneratedFiles.write(
            listops: [4, 2, 3], retrieval: [3, 2, 1], image: [6, 2, 1], pathfinder: [5, 1, 2], seed: seed,
            to: folder.url
        ) { written[$0.lastPathComponent] = $1 }
        return written
    }

    @Test func filesAreReadBackAndNoTwoRowsAreAlike() throws {
        let folder = try TemporaryFolder()
        let written = try write(folder, seed: 1)
        #expect(
            written == [
                "listops_train.tsv": 4, "listops_val.tsv": 2, "listops_test.tsv": 3, "retrieval_train.tsv": 3,
                "retrieval_val.tsv": 2, "retrieval_test.tsv": 1, "image_train.bin": 6, "image_val.bin": 2,
                "image_test.bin": 1, "pathfinder_train.bin": 5,
                "pathfinder_val.bin": 1, "pathfinder_test.bin": 2,
            ])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names.sorted() == written.keys.sorted())
        for (task, counts) in [
            (LongRangeTask.listops, [4, 2, 3]), (.retrieval, [3, 2, 1]), (.image, [6, 2, 1]), (.pathfinder, [5, 1, 2]),
        ] {
            #expect(task.isThere(in: folder.url) && !task.isReleased(in: folder.url))
            let splits = try LongRangeTask.Split.allCases.map { try task.rows($0, in: folder.url) }
            #expect(splits.map(\.count) == counts && Set(splits.joined().map(\.tokens)).count == counts.reduce(0, +))
        }
    }

    @Test func theSameSeedGivesTheSameBytes() throws {
        let folders = try (0..<3).map { _ in try TemporaryFolder() }
        for (folder, seed) in zip(folders, [1, 1, 2] as [UInt64]) { _ = try write(folder, seed: seed) }
        for name in ["listops_val.tsv", "retrieval_val.tsv", "image_val.bin", "pathfinder_train.bin"] {
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
            try GeneratedFiles.write(seed: 1, to: url) { _, _ in }
        }
        #expect(found == "taken: is a file; wanted a folder")
    }

    /// Of a folder that has both, whatever else of the release is missing.
    @Test func generatedRowsAreNeverMixedWithTheReleases() throws {
        let folder = try TemporaryFolder()
        _ = try write(folder, seed: 1)
        try folder.write("Source\tTarget\n1\t1\n", to: "basic_test.tsv")
        try folder.write("1\tA\tB\tone\ttwo\n", to: "new_aan_pairs.train.tsv")
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("cifar-10-batches-bin"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: folder.url.appendingPathComponent("pathfinder32"), withIntermediateDirectories: true)
        #expect(try LongRangeTask.listops.rows(.test, in: folder.url).count == 1)
        #expect(try LongRangeTask.retrieval.rows(.train, in: folder.url).count == 1)
        for (task, problem) in [
            (LongRangeTask.listops, "has no basic_train.tsv, plain, .gz or .xz"),
            (.retrieval, "has no new_aan_pairs.eval.tsv, plain, .gz or .xz"),
            (.image, "cifar-10-batches-bin/data_batch_1.bin: cannot be read"),
            (.pathfinder, "pathfinder32/curv_contour_length_14/metadata: holds no lists of pictures (.npy)"),
        ] {
            let found = message(in: folder) { _ = try task.rows(LongRangeTask.Split.allCases, in: folder.url) }
            #expect(found?.hasSuffix(problem) == true, "\(found ?? "")")
        }
    }

    /// By the title that the second paper begins with, and the word behind "of" in both titles.
    @Test func whoCitesIsFoundInTheText() throws {
        var papers = CitationGenerator(seed: 3)
        var counts = [0, 0]
        for _ in 0..<60 {
            let row = papers.next()
            let texts = [row.tokens, row.second ?? []].map { String(decoding: $0, as: UTF8.self) }
            let titles = texts.map { String($0.prefix { $0 != "." }) }
            let subjects = titles.map { $0.split(separator: " ")[3] }
            #expect(texts[0].contains("We go on from \"\(titles[1])\".") == (row.label == 1))
            #expect((subjects[0] == subjects[1]) == (row.label == 1))
            #expect(texts.allSatisfy { $0.components(separatedBy: "We go on from \"").count == 2 })
            #expect(texts.allSatisfy { (1000...5300).contains($0.utf8.count) && !$0.contains { "\t\n".contains($0) } })
            counts[row.label] += 1
        }
        #expect(counts.allSatisfy { $0 > 15 })
    }

    /// A drawing differs from its ground by more than noise, and no two classes are drawn alike.
    @Test func drawingsAreSeenAndDiffer() {
        var random = PictogramGenerator(seed: 4)
        for drawing in Pictogram.all {
            let pixels = random.image(of: drawing).pixels.map(Double.init)
            let (least, most) = (pixels.min() ?? 0, pixels.max() ?? 0)
            #expect(most - least > 60)
        }
        let side = 24
        let shapes = Pictogram.all.map { drawing in
            (0..<side * side).map { place in
                let point = Point(
                    x: 2 * (Double(place % side) + 0.5) / Double(side) - 1,
                    y: 2 * (Double(place / side) + 0.5) / Double(side) - 1)
                return drawing.marks.contains { $0.covers(point) }
            }
        }
        for (index, shape) in shapes.enumerated() {
            #expect((side * side / 12...side * side * 2 / 3).contains(shape.count { $0 }), "\(index)")
            for (other, another) in shapes.enumerated() where other > index {
                #expect(zip(shape, another).count { $0 != $1 } > side * side / 16, "\(index) \(other)")
            }
        }
        var counts = Array(repeating: 0, count: 10)
        for _ in 0..<100 { counts[random.next().label] += 1 }
        #expect(counts.allSatisfy { $0 > 1 }, "\(counts)")
    }
}
