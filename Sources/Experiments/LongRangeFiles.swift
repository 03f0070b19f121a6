import ArgumentParser
import Console
import Foundation
import LongRange
import Training

/// Files of the Long Range Arena that have a generator here.
public struct LongRangeFiles: ParsableArguments {
    @Option(help: "Seed of all files.") var seed: UInt64 = 1
    @Option(parsing: .upToNextOption, help: "ListOps: rows of train, dev and test; 0 0 0 writes no such files.")
    var listopsRows = [96_000, 2_000, 2_000]
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test of pairs of papers, 6 KB each.")
    var retrievalRows = [20_000, 2_000, 2_000]
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test of drawings of CIFAR-10's classes.")
    var imageRows = [45_000, 5_000, 10_000]
    @Option(parsing: .upToNextOption, help: "Rows of train, dev and test of dashed curves.")
    var pathfinderRows = [160_000, 20_000, 20_000]

    public init() {}

    /// - Throws: `UsageError` where these are no three numbers, or too large.
    public func check() throws {
        let all = [
            ("listops", listopsRows), ("retrieval", retrievalRows), ("image", imageRows),
            ("pathfinder", pathfinderRows),
        ]
        for (name, rows) in all where rows != [0, 0, 0] {
            guard rows.count == 3, rows.allSatisfy({ (1...1_000_000).contains($0) }) else {
                let found = rows.map(String.init).joined(separator: " ")
                throw UsageError("--\(name)-rows \(found): wanted 1 to 1,000,000 rows of train, dev and test, or 0 0 0")
            }
        }
    }

    /// - Throws: what writing throws.
    public func write(to folder: String, _ observer: some RunObserver) throws {
        func wanted(_ rows: [Int]) -> [Int] { rows == [0, 0, 0] ? [] : rows }
        try GeneratedFiles.write(
            listops: wanted(listopsRows), retrieval: wanted(retrievalRows), image: wanted(imageRows),
            pathfinder: wanted(pathfinderRows), seed: seed, to: URL(fileURLWithPath: folder, isDirectory: true)
        ) { observer.line("\($0.relativePath): \(Show.grouped($1)) rows") }
    }
}
