import Checkpoints
import Foundation
import Tasks

/// Files of the tasks that have a generator, as `LongRangeTask.rows` reads them.
public enum GeneratedFiles {
    private static let names = ["train", "val", "test"]

    /// Writes `listops_{train,val,test}.tsv`, `retrieval_{train,val,test}.tsv`, `image_{train,val,test}.bin` and
    /// `pathfinder_{train,val,test}.bin`: of each task as many rows a file as is said, no two of them alike; the same files for the
    /// same seed and numbers. Older ones of a task are gone before its first is written: where the process dies between two of them
    /// none is there, rather than test rows of another seed, which training rows of this one may be.
    ///
    /// - Parameters:
    ///   - listops: of train, dev and test; none writes no such files.
    ///   - wrote: hears of every file, and of how many rows it has.
    /// - Throws: `TaskError` or `CheckpointError` where a file cannot be written.
    public static func write(
        listops: [Int] = [], retrieval: [Int] = [], image: [Int] = [], pathfinder: [Int] = [], seed: UInt64,
        to folder: URL, _ wrote: (_ file: URL, _ rows: Int) -> Void
    ) throws {
        try AtomicFolder.createDirectory(folder)
        func urls(_ prefix: String, _ ending: String) -> [URL] {
            names.map { folder.appendingPathComponent("\(prefix)_\($0).\(ending)") }
        }
        func write(_ files: [URL], _ counts: [Int], _ data: (_ rows: Int) -> Data) throws {
            guard !counts.isEmpty else { return }
            files.forEach { unlink($0.path) }
            for (url, count) in zip(files, counts) {
                try OutputFile.replace(url, with: data(count))
                wrote(url, count)
            }
        }
        var (expressions, seen) = (ListOpsGenerator(seed: seed), Set<[UInt8]>())
        try write(urls("listops", "tsv"), listops) { ListOpsFile.data($0, from: &expressions, &seen) }
        func different(_ next: @escaping () -> LongRangeRow) -> (_ count: Int) -> [LongRangeRow] {
            var seen = Set<[UInt8]>()
            return { count in
                var rows: [LongRangeRow] = []
                while rows.count < count {
                    let row = next()
                    if seen.insert(row.tokens).inserted { rows.append(row) }
                }
                return rows
            }
        }
        var papers = CitationGenerator(seed: seed)
        let pairs = different { papers.next() }
        try write(urls("retrieval", "tsv"), retrieval) { ByteLines.data(pairs($0)) }
        var (drawings, scenes) = (PictogramGenerator(seed: seed), PathfinderGenerator(seed: seed))
        let (pictures, curves) = (different { drawings.next() }, different { scenes.next() })
        try write(urls("image", "bin"), image) { GreyFile.data(pictures($0)) }
        try write(urls("pathfinder", "bin"), pathfinder) { GreyFile.data(curves($0)) }
    }
}
