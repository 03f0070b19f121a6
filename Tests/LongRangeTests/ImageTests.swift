import CPng
import Foundation
import Testing

@testable import LongRange

@Suite struct ImageTests {
    /// Points of the mask, a side of which is `PathfinderGenerator.supersampling` to a pixel, that steps of less than the
    /// distance between curves reach from `start`.
    private func reaches(_ scene: PathfinderGenerator.Scene) -> Bool {
        let scale = 4
        let side = GreyImage.side * scale
        func isLit(_ x: Int, _ y: Int) -> Bool {
            scene.curves.contains {
                $0.covers(Point(x: (Double(x) + 0.5) / Double(scale), y: (Double(y) + 0.5) / Double(scale)))
            }
        }
        let lit = (0..<side * side).map { isLit($0 % side, $0 / side) }
        func index(_ point: Point) -> Int { Int(point.y * Double(scale)) * side + Int(point.x * Double(scale)) }
        // From edge to edge a gap is 1.25 - 0.75 pixels of the picture at least, curves are 3 - 0.75 apart.
        let reach = Int(1.75 * Double(scale))
        var (seen, open) = (Set<Int>([index(scene.discs[0])]), [index(scene.discs[0])])
        while let place = open.popLast() {
            let (x, y) = (place % side, place / side)
            for dy in -reach...reach {
                for dx in -reach...reach where dx * dx + dy * dy <= reach * reach {
                    let (nx, ny) = (x + dx, y + dy)
                    guard nx >= 0, ny >= 0, nx < side, ny < side, lit[ny * side + nx] else { continue }
                    if seen.insert(ny * side + nx).inserted { open.append(ny * side + nx) }
                }
            }
        }
        let goal = scene.discs[1]
        return seen.contains {
            Point(x: (Double($0 % side) + 0.5) / Double(scale), y: (Double($0 / side) + 0.5) / Double(scale))
                .distance(to: goal) < 1
        }
    }

    @Test func discsAreJoinedAsTheClassSays() {
        var generator = PathfinderGenerator(seed: 5)
        var labels: [Int: Int] = [:]
        for _ in 0..<60 {
            let scene = generator.nextScene()
            #expect(reaches(scene) == (scene.label == 1))
            labels[scene.label, default: 0] += 1
        }
        #expect((labels[0] ?? 0) > 10 && (labels[1] ?? 0) > 10)
    }

    @Test func picturesAreTheSameForASeedAndAreReadBack() throws {
        var (one, two) = (PathfinderGenerator(seed: 1), PathfinderGenerator(seed: 1))
        let rows = (0..<3).map { _ in one.next() }
        #expect(rows == (0..<3).map { _ in two.next() })
        #expect(rows[0].tokens.contains(0) && rows[0].tokens.contains(255))
        let folder = try TemporaryFolder()
        let url = try folder.write(GreyFile.data(rows), to: "pathfinder_test.bin")
        #expect(try LongRangeTask.pathfinder.rows(.test, in: folder.url) == rows)
        for (bytes, message) in [
            (
                Array(GreyFile.data(rows).dropLast()),
                "pathfinder_test.bin: 3074 bytes; wanted a multiple of 1025, the bytes of a picture"
            ),
            ([], "pathfinder_test.bin: 0 bytes; wanted a multiple of 1025, the bytes of a picture"),
            ([9] + rows[0].tokens, "pathfinder_test.bin: picture 1 has class 9; wanted 0 to 1"),
        ] {
            try Data(bytes).write(to: url)
            #expect(LongRangeTests.message(in: folder) { _ = try GreyFile.rows(of: url, classes: 2) } == message)
        }
    }

    @Test func colouredPicturesBecomeGrey() throws {
        let folder = try TemporaryFolder()
        func record(_ label: UInt8, _ red: UInt8, _ green: UInt8, _ blue: UInt8) -> [UInt8] {
            [label] + [red, green, blue].flatMap { Array(repeating: $0, count: 1024) }
        }
        let batch = record(3, 255, 0, 0) + record(9, 0, 200, 100) + record(0, 255, 255, 255)
        try folder.write(batch, to: "cifar-10-batches-bin/test_batch.bin")
        let rows = try LongRangeTask.image.rows(.test, in: folder.url)
        #expect(rows.map(\.label) == [3, 9, 0])
        #expect(rows.map { $0.tokens[1023] } == [76, 129, 255])
        for number in 1...5 { try folder.write(batch + batch, to: "cifar-10-batches-bin/data_batch_\(number).bin") }
        let (train, dev) = try (
            LongRangeTask.image.rows(.train, in: folder.url), LongRangeTask.image.rows(.dev, in: folder.url)
        )
        #expect(train.count == 27 && dev.count == 3)
        try folder.write(record(10, 0, 0, 0), to: "cifar-10-batches-bin/test_batch.bin")
        #expect(
            message(in: folder) { _ = try LongRangeTask.image.rows(.test, in: folder.url) }
                == "cifar-10-batches-bin/test_batch.bin: picture 1 has class 10; wanted 0 to 9")
    }

    private func png(_ pixels: [UInt8], side: Int, channels: Int, to url: URL) {
        var image = png_image()
        image.version = UInt32(PNG_IMAGE_VERSION)
        (image.width, image.height) = (UInt32(side), UInt32(side))
        image.format = channels == 3 ? UInt32(PNG_FORMAT_FLAG_COLOR) : 0
        #expect(png_image_write_to_file(&image, url.path, 0, pixels, Int32(channels * side), nil) != 0)
    }

    @Test func aFolderOfPicturesAClass() throws {
        let folder = try TemporaryFolder()
        for split in ["train", "test"] {
            for (label, name) in CIFARFile.classes.enumerated() {
                let url = try folder.write("", to: "cifar10/\(split)/\(name)/1.png")
                png((0..<1024).flatMap { [UInt8($0 % 256), UInt8(label), 0] }, side: 32, channels: 3, to: url)
            }
        }
        try folder.write("no picture", to: "cifar10/test/cat/readme.txt")
        let test = try LongRangeTask.image.rows(.test, in: folder.url)
        #expect(LongRangeTask.image.isThere(in: folder.url) && test.map(\.label) == Array(0...9))
        // 0.2989 · 200 + 0.587 · 9 = 65.06
        #expect(test[9].tokens[200] == 65 && test[9].tokens.count == 1024)
        let splits = try LongRangeTask.image.rows([.train, .dev], in: folder.url)
        #expect(splits.map(\.count) == [9, 1])
        let one = try folder.write("", to: "cifar10/test/frog/1.png")
        #expect(
            message(in: folder) { _ = try LongRangeTask.image.rows(.test, in: folder.url) }?
                .hasPrefix("cifar10/test/frog/1.png: no readable PNG: ") == true)
        try FileManager.default.removeItem(at: one)
        #expect(
            message(in: folder) { _ = try LongRangeTask.image.rows(.test, in: folder.url) }
                == "cifar10/test/frog: holds no pictures (.png)")
    }

    @Test func theReleasesPicturesAndTheirLists() throws {
        let folder = try TemporaryFolder()
        let place = "pathfinder32/curv_contour_length_14/"
        let list = try folder.write("", to: place + "metadata/0.npy")
        let (grey, colour) = (
            try folder.write("", to: place + "imgs/0/sample_0.png"),
            try folder.write("", to: place + "imgs/0/sample_1.png")
        )
        let pixels = (0..<1024).map { UInt8($0 % 256) }
        png(pixels, side: 32, channels: 1, to: grey)
        png((0..<1024).flatMap { [UInt8($0 % 256), 10, 20] }, side: 32, channels: 3, to: colour)
        // Of so few none is for dev or test.
        func read() throws -> [LongRangeRow] { try LongRangeTask.pathfinder.rows(.train, in: folder.url) }
        try Data("imgs/0 sample_0.png 0 1 1.8 6\nimgs/0 sample_1.png 1 0 1.8 6\n".utf8).write(to: list)
        let rows = try read()
        #expect(rows.map(\.label) == [1, 0] && rows[0].tokens == pixels)
        // 0.2989 · 200 + 0.587 · 10 + 0.114 · 20 = 67.93
        #expect(rows[1].tokens[200] == 68)
        let problem = place + "metadata/0.npy:1: wanted a folder, a file in it, a number and a class, 0 or 1"
        for line in ["imgs/0 sample_0.png 0", "imgs/0 sample_0.png 0 2 1", "../x sample_0.png 0 1"] {
            try Data((line + "\n").utf8).write(to: list)
            #expect(message(in: folder) { _ = try read() } == problem)
        }
        try Data("imgs/0 sample_0.png 0 1\n".utf8).write(to: list)
        png(Array(pixels.prefix(256)), side: 16, channels: 1, to: grey)
        #expect(
            message(in: folder) { _ = try read() } == place + "imgs/0/sample_0.png: 16 x 16 pixels; wanted 32 x 32")
        png(pixels, side: 32, channels: 1, to: grey)
        let whole = try Data(contentsOf: grey)
        for cut in [0, 8, 40, whole.count / 2] {
            try whole.prefix(cut).write(to: grey)
            let found = message(in: folder) { _ = try read() }
            #expect(
                found?.hasPrefix(place + "imgs/0/sample_0.png: no readable PNG: ") == true, "\(cut): \(found ?? "")"
            )
        }
    }

    @Test func aListWithoutPicturesIsOneLine() throws {
        let folder = try TemporaryFolder()
        let metadata = folder.url.appendingPathComponent("pathfinder32/curv_contour_length_14/metadata")
        try FileManager.default.createDirectory(at: metadata, withIntermediateDirectories: true)
        try Data().write(to: metadata.appendingPathComponent("1.npy"))
        let error = #expect(throws: (any Error).self) { try LongRangeTask.pathfinder.rows(.train, in: folder.url) }
        #expect(
            "\(error as Any)".contains(
                "too few rows of Pathfinder: none is left for train (dev may take a tenth of the training rows)"),
            "\(error as Any)")
    }
}
