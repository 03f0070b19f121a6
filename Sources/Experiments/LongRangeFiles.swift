import Console
import Foundation
import LongRange
import Training

/// Files of the Long Range Arena that have a generator here.
public struct LongRangeFiles {
    /// Rows of train, dev and test; 0, 0, 0 for no such files.
    private let listops, pathfinder: [Int]
    private let seed: UInt64

    public init(listops: [Int], pathfinder: [Int], seed: UInt64) {
        (self.listops, self.pathfinder, self.seed) = (listops, pathfinder, seed)
    }

    /// - Throws: `UsageError` where these are no three numbers, or too large.
    public func check() throws {
        for (name, rows) in [("listops", listops), ("pathfinder", pathfinder)] where rows != [0, 0, 0] {
            guard rows.count == 3, rows.allSatisfy({ (1...1_000_000).contains($0) }) else {
                let found = rows.map(String.init).joined(separator: " ")
                throw UsageError("--\(name)-rows \(found): wanted 1 to 1,000,000 rows of train, dev and test, or 0 0 0")
            }
        }
    }

    /// - Throws: what writing throws.
    public func write(to folder: String, _ observer: some RunObserver) throws {
        let wanted = [listops, pathfinder].map { $0 == [0, 0, 0] ? [] : $0 }
        try GeneratedFiles.write(
            listops: wanted[0], pathfinder: wanted[1], seed: seed,
            to: URL(fileURLWithPath: folder, isDirectory: true)
        ) { observer.line("\($0.relativePath): \(Show.grouped($1)) rows") }
    }
}
