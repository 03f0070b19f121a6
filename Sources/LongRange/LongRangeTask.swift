import Corpora
import Foundation
import Tasks

/// A task of the Long Range Arena (Tay et al. 2021, section 2) and where its rows are.
public struct LongRangeTask: Sendable {
    public enum Split: String, Sendable, CaseIterable {
        case train, dev, test
    }

    public let name: String
    public let title: String
    public let classes: [String]
    /// Different tokens.
    public let vocabulary: Int
    /// Most tokens of a document.
    public let length: Int
    /// Whether a row has two documents, which one encoder reads.
    public let isPaired: Bool
    /// What shows that training rows are there.
    private let places: [String]
    /// What shows that rows of the release are there, which are never mixed with others.
    private let released: [String]
    private let reader: @Sendable ([Split], URL) throws -> [[LongRangeRow]]

    /// The rows of a split of the task's files in `folder`.
    ///
    /// Where the release has no rows to choose an epoch by, a tenth of the training rows, by a fixed seed, are `dev`.
    ///
    /// - Throws: `TaskError` or `CorpusError` where files are missing or damaged, or have no row of the split.
    public func rows(_ split: Split, in folder: URL) throws -> [LongRangeRow] { try rows([split], in: folder)[0] }

    /// The same of several splits; files that are divided among them are read once.
    ///
    /// - Throws: as of one.
    public func rows(_ splits: [Split], in folder: URL) throws -> [[LongRangeRow]] {
        let rows = try reader(splits, folder)
        for (split, rows) in zip(splits, rows) where rows.isEmpty {
            throw TaskError(
                folder,
                "too few rows of \(title): none is left for \(split.rawValue) (dev may take a tenth of the training rows)"
            )
        }
        return rows
    }

    /// Whether `folder` has training rows of the task.
    public func isThere(in folder: URL) -> Bool { Self.isAny(of: places, in: folder) }

    /// Whether rows are the release's, of which others published scores.
    public func isReleased(in folder: URL) -> Bool { Self.isAny(of: released, in: folder) }

    private static func isAny(of places: [String], in folder: URL) -> Bool {
        places.contains { place in
            ["", ".xz", ".gz"].contains {
                FileManager.default.fileExists(atPath: folder.appendingPathComponent(place + $0).path)
            }
        }
    }

    /// Ids of an encoder: the tokens, and one for a document that has none.
    public var ids: Int { vocabulary + 1 }

    /// The task among others, without the files of its texts, for it has none.
    public var source: TaskSource {
        func file(_ split: Split) -> TaskSource.File { TaskSource.File(names: [split.rawValue], title: title) }
        return TaskSource(
            name: name, title: title, texts: isPaired ? [["first"], ["second"]] : [["text"]], label: ["label"],
            target: .classes(classes), metrics: [.accuracy], others: [], train: file(.train), dev: [file(.dev)],
            test: [file(.test)])
    }

    /// The task called `name`, in any case; nil where there is none.
    public static func named(_ name: String) -> LongRangeTask? { all.first { $0.name == name.lowercased() } }

    /// In the order of the paper's table.
    public static let all = [listops, text, retrieval, image, pathfinder]

    public static let listops = LongRangeTask(
        name: "listops", title: "ListOps", classes: (0...9).map(String.init), vocabulary: ListOpsExpression.words.count,
        length: 2000, isPaired: false, places: ["basic_train.tsv", "listops_train.tsv"],
        released: Split.allCases.map { names($0).listops[0] }
    ) { splits, folder in
        try files(of: splits, in: folder) { names($0).listops }.map { try ListOpsFile.rows(of: $0) }
    }

    public static let text = LongRangeTask(
        name: "text", title: "Text", classes: ["negative", "positive"], vocabulary: 256, length: 4000, isPaired: false,
        places: ["aclImdb", "imdb_train.tsv"], released: ["aclImdb", "imdb_train.tsv", "imdb_test.tsv"]
    ) { splits, folder in
        func reviews(_ name: String) throws -> [LongRangeRow] {
            let reviews = folder.appendingPathComponent("aclImdb/\(name)", isDirectory: true)
            return FileManager.default.fileExists(atPath: reviews.path)
                ? try ClassFolders.rows(in: reviews, classes: ["neg", "pos"], ending: ".txt", what: "reviews") { url in
                    guard let data = try? Data(contentsOf: url) else { throw TaskError(url, "cannot be read") }
                    return Array(data.prefix(4000))
                }
                : try ByteLines.reviews(of: file(in: folder, ["imdb_\(name).tsv"]), limit: 4000)
        }
        return try rows(of: splits, dev: 0.1, pool: { try reviews("train") }, test: { try reviews("test") })
    }

    public static let retrieval = LongRangeTask(
        name: "retrieval", title: "Retrieval", classes: ["unrelated", "cites"], vocabulary: 256, length: 4000,
        isPaired: true, places: ["new_aan_pairs.train.tsv", "retrieval_train.tsv"],
        released: Split.allCases.map { names($0).retrieval[0] }
    ) { splits, folder in
        try files(of: splits, in: folder) { names($0).retrieval }.map { try ByteLines.pairs(of: $0, limit: 4000) }
    }

    /// Of the release's file and the generator's.
    private static func names(_ split: Split) -> (listops: [String], retrieval: [String]) {
        let name = split == .dev ? "val" : split.rawValue
        return (
            ["basic_\(name).tsv", "listops_\(name).tsv"],
            ["new_aan_pairs.\(split == .dev ? "eval" : name).tsv", "retrieval_\(name).tsv"]
        )
    }

    public static let image = LongRangeTask(
        name: "image", title: "Image", classes: CIFARFile.classes, vocabulary: 256, length: 1024, isPaired: false,
        places: ["cifar-10-batches-bin", "cifar10/train", "image_train.bin"],
        released: ["cifar-10-batches-bin", "cifar10"]
    ) { splits, folder in
        let batches = folder.appendingPathComponent("cifar-10-batches-bin", isDirectory: true)
        let pictures = folder.appendingPathComponent("cifar10", isDirectory: true)
        let isBinary = FileManager.default.fileExists(atPath: batches.path)
        let isReleased = isBinary || FileManager.default.fileExists(atPath: pictures.path)
        guard isReleased || !isAny(of: ["image_train.bin", "image_test.bin"], in: folder) else {
            return try generated(splits, "image", classes: CIFARFile.classes.count, in: folder)
        }
        func read(_ split: String, _ files: [String]) throws -> [LongRangeRow] {
            guard isReleased, !isBinary else {
                return try files.flatMap { try CIFARFile.rows(of: batches.appendingPathComponent($0 + ".bin")) }
            }
            return try ClassFolders.rows(
                in: pictures.appendingPathComponent(split, isDirectory: true), classes: CIFARFile.classes,
                ending: ".png", what: "pictures"
            ) { try PNGFile.image(of: $0).pixels }
        }
        return try rows(
            of: splits, dev: 0.1, pool: { try read("train", (1...5).map { "data_batch_\($0)" }) },
            test: { try read("test", ["test_batch"]) })
    }

    public static let pathfinder = LongRangeTask(
        name: "pathfinder", title: "Pathfinder", classes: ["apart", "joined"], vocabulary: 256, length: 1024,
        isPaired: false, places: ["pathfinder32", "pathfinder_train.bin"], released: ["pathfinder32"]
    ) { splits, folder in
        let release = folder.appendingPathComponent("pathfinder32/curv_contour_length_14", isDirectory: true)
        guard isAny(of: ["pathfinder32"], in: folder) else {
            return try generated(splits, "pathfinder", classes: 2, in: folder)
        }
        return try rows(of: splits, dev: 0.1, pool: { try PathfinderFolder.rows(of: release) }, testShare: 0.1)
    }

    private static func generated(
        _ splits: [Split], _ name: String, classes: Int, in folder: URL
    ) throws -> [[LongRangeRow]] {
        try splits.map { split in
            let url = folder.appendingPathComponent("\(name)_\(split == .dev ? "val" : split.rawValue).bin")
            return try GreyFile.rows(of: url, classes: classes)
        }
    }

    /// The files of `splits`: those of the release where any of them is there, or else a generator's. Rows of both are never mixed.
    ///
    /// - Parameter names: of the release's file and the generator's.
    private static func files(of splits: [Split], in folder: URL, _ names: (Split) -> [String]) throws -> [URL] {
        let isReleased = isAny(of: Split.allCases.map { names($0)[0] }, in: folder)
        return try splits.map { try file(in: folder, Array(names($0).prefix(isReleased ? 1 : 2))) }
    }

    /// The first of `names` that is there, plain or compressed.
    private static func file(in folder: URL, _ names: [String]) throws -> URL {
        let candidates = names.flatMap { name in ["", ".xz", ".gz"].map { folder.appendingPathComponent(name + $0) } }
        guard let url = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw TaskError(folder, "has no \(names.joined(separator: " or ")), plain, .gz or .xz")
        }
        return url
    }

    /// The rows of `splits`, of which those that are parts of `pool` are read with it, once.
    ///
    /// - Parameter test: nil where the test rows are a part too.
    private static func rows(
        of splits: [Split], dev: Double, pool: () throws -> [LongRangeRow], testShare: Double = 0,
        test: (() throws -> [LongRangeRow])? = nil
    ) throws -> [[LongRangeRow]] {
        let isPooled = splits.contains { $0 != .test || test == nil }
        let all = isPooled ? try pool() : []
        return try splits.map { split in
            if split == .test, let test { return try test() }
            return share(all, split, dev: dev, test: testShare)
        }
    }

    /// The part of `rows` that a split has: `dev` and `test` of them, the rest for training, by a seed that never changes.
    private static func share(_ rows: [LongRangeRow], _ split: Split, dev: Double, test: Double) -> [LongRangeRow] {
        var random = RandomSequence(0x6C72_61)
        var order = Array(rows.indices)
        random.shuffle(&order)
        let (devs, tests) = (Int(dev * Double(rows.count)), Int(test * Double(rows.count)))
        let range =
            switch split {
            case .dev: 0..<devs
            case .test: devs..<devs + tests
            case .train: devs + tests..<rows.count
            }
        return order[range].sorted().map { rows[$0] }
    }
}
