import Foundation
import Tasks

/// A folder a class, a file a row: `neg/0_1.txt`, `airplane/10008_airplane.png`.
enum ClassFolders {
    /// In the order of classes and names.
    ///
    /// - Parameters:
    ///   - classes: names of the folders; a row's label is the place of its own.
    ///   - ending: of the files that are rows; others are passed over.
    ///   - what: the rows in a message: `reviews`.
    /// - Throws: `TaskError` where a class has no folder or no such files, and what `tokens` throws.
    static func rows(
        in folder: URL, classes: [String], ending: String, what: String, _ tokens: (URL) throws -> [UInt8]
    ) throws -> [LongRangeRow] {
        try classes.enumerated().flatMap { label, name in
            let one = folder.appendingPathComponent(name, isDirectory: true)
            let names = ((try? FileManager.default.contentsOfDirectory(atPath: one.path)) ?? [])
                .filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted()
            guard !names.isEmpty else { throw TaskError(one, "holds no \(what) (\(ending))") }
            return try names.map { LongRangeRow(try tokens(one.appendingPathComponent($0)), label: label) }
        }
    }
}
