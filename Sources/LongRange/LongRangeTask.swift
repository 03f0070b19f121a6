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
    private let reader: @Sendable (Split, URL) throws -> [LongRangeRow]

    /// The rows of a split of the task's files in `folder`.
    ///
    /// Where the release has no rows to choose an epoch by, a tenth of the training rows, by a fixed seed, are `dev`.
    ///
    /// - Throws: `LongRangeError` or `CorpusError` where files are missing or damaged.
    public func rows(_ split: Split, in folder: URL) throws -> [LongRangeRow] { try reader(split, folder) }

    /// Whether `folder` has training rows of the task.
    public func isThere(in folder: URL) -> Bool {
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
        length: 2000, isPaired: false, places: ["basic_train.tsv", "listops_train.tsv"]
    ) { split, folder in
        try ListOpsFile.rows(
            of: file(in: folder, ["basic", "listops"].map { "\($0)_\(split == .dev ? "val" : split.rawValue).tsv" }))
    }

    public static let text = LongRangeTask(
        name: "text", title: "Text", classes: ["negative", "positive"], vocabulary: 256, length: 4000, isPaired: false,
        places: ["aclImdb", "imdb_train.tsv"]
    ) { split, folder in
        let name = split == .test ? "test" : "train"
        let reviews = folder.appendingPathComponent("aclImdb/\(name)", isDirectory: true)
        let rows =
            FileManager.default.fileExists(atPath: reviews.path)
            ? try ReviewFolder.rows(of: reviews, limit: 4000)
            : try ByteLines.reviews(of: file(in: folder, ["imdb_\(name).tsv"]), limit: 4000)
        return split == .test ? rows : share(rows, split, dev: 0.1)
    }

    public static let retrieval = LongRangeTask(
        name: "retrieval", title: "Retrieval", classes: ["unrelated", "cites"], vocabulary: 256, length: 4000,
        isPaired: true, places: ["new_aan_pairs.train.tsv"]
    ) { split, folder in
        try ByteLines.pairs(
            of: file(in: folder, ["new_aan_pairs.\(split == .dev ? "eval" : split.rawValue).tsv"]), limit: 4000)
    }

    public static let image = LongRangeTask(
        name: "image", title: "Image", classes: CIFARFile.classes, vocabulary: 256, length: 1024, isPaired: false,
        places: ["cifar-10-batches-bin"]
    ) { split, folder in
        let batches = folder.appendingPathComponent("cifar-10-batches-bin", isDirectory: true)
        if split == .test { return try CIFARFile.rows(of: batches.appendingPathComponent("test_batch.bin")) }
        let rows = try (1...5).flatMap {
            try CIFARFile.rows(of: batches.appendingPathComponent("data_batch_\($0).bin"))
        }
        return share(rows, split, dev: 0.1)
    }

    public static let pathfinder = LongRangeTask(
        name: "pathfinder", title: "Pathfinder", classes: ["apart", "joined"], vocabulary: 256, length: 1024,
        isPaired: false, places: ["pathfinder32", "pathfinder_train.bin"]
    ) { split, folder in
        let release = folder.appendingPathComponent("pathfinder32/curv_contour_length_14", isDirectory: true)
        guard FileManager.default.fileExists(atPath: release.path) else {
            let name = split == .dev ? "val" : split.rawValue
            return try GreyFile.rows(of: folder.appendingPathComponent("pathfinder_\(name).bin"), classes: 2)
        }
        return share(try PathfinderFolder.rows(of: release), split, dev: 0.1, test: 0.1)
    }

    /// The first of `names` that is there, plain or compressed.
    private static func file(in folder: URL, _ names: [String]) throws -> URL {
        let candidates = names.flatMap { name in ["", ".xz", ".gz"].map { folder.appendingPathComponent(name + $0) } }
        guard let url = candidates.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
            throw LongRangeError(folder, "has no \(names.joined(separator: " or ")), plain, .gz or .xz")
        }
        return url
    }

    /// The part of `rows` that a split has: `dev` and `test` of them, the rest for training, by a seed that never changes.
    private static func share(_ rows: [LongRangeRow], _ split: Split, dev: Double, test: Double = 0) -> [LongRangeRow] {
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
