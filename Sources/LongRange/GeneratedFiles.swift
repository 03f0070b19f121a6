import Foundation

/// Files of the tasks that have a generator, as `LongRangeTask.rows` reads them.
public enum GeneratedFiles {
    private static let names = ["train", "val", "test"]

    /// Writes `listops_{train,val,test}.tsv` and `pathfinder_{train,val,test}.bin`: of each task as many rows a file as is
    /// said, no two of them alike; the same files for the same seed and numbers.
    ///
    /// - Parameters:
    ///   - listops: of train, dev and test; none writes no such files.
    ///   - wrote: hears of every file, and of how many rows it has.
    /// - Throws: `LongRangeError` where a file cannot be written; then an older one in its place is intact.
    public static func write(
        listops: [Int], pathfinder: [Int], seed: UInt64, to folder: URL, _ wrote: (_ file: URL, _ rows: Int) -> Void
    ) throws {
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch { throw LongRangeError(folder, "cannot be made: \(error.localizedDescription)") }
        func write(_ data: Data, _ name: String, _ rows: Int) throws {
            let url = folder.appendingPathComponent(name)
            do { try data.write(to: url, options: .atomic) } catch {
                throw LongRangeError(url, "cannot be written: \(error.localizedDescription)")
            }
            wrote(url, rows)
        }
        var (expressions, seen) = (ListOpsGenerator(seed: seed), Set<String>())
        for (name, count) in zip(names, listops) {
            let text = ListOpsFile.text(count, from: &expressions, &seen)
            try write(Data(text.utf8), "listops_\(name).tsv", count)
        }
        var (pictures, drawn) = (PathfinderGenerator(seed: seed), Set<[UInt8]>())
        for (name, count) in zip(names, pathfinder) {
            var rows: [LongRangeRow] = []
            while rows.count < count {
                let row = pictures.next()
                if drawn.insert(row.tokens).inserted { rows.append(row) }
            }
            try write(GreyFile.data(rows), "pathfinder_\(name).bin", count)
        }
    }
}
