import Corpora
import Foundation
import Tasks

/// A difficulty of the release, for example `pathfinder32/curv_contour_length_14`: `metadata/N.npy`, which are lines of text,
/// name the pictures under `imgs` and their classes.
enum PathfinderFolder {
    /// - Throws: `TaskError` where metadata or a picture is missing or damaged.
    static func rows(of folder: URL) throws -> [LongRangeRow] {
        let metadata = folder.appendingPathComponent("metadata", isDirectory: true)
        let lists = ((try? FileManager.default.contentsOfDirectory(atPath: metadata.path)) ?? [])
            .filter { $0.hasSuffix(".npy") }.sorted { ($0.count, $0) < ($1.count, $1) }
        guard !lists.isEmpty else { throw TaskError(metadata, "holds no lists of pictures (.npy)") }
        return try lists.flatMap { try rows(listedIn: metadata.appendingPathComponent($0), folder) }
    }

    /// Columns: folder, file, number, class, and the settings that it was drawn with.
    private static func rows(listedIn list: URL, _ folder: URL) throws -> [LongRangeRow] {
        let reader = try LineReader(list)
        var rows: [LongRangeRow] = []
        while let line = try reader.next() {
            let cells = line.split(separator: " ")
            guard cells.count > 3, let label = Int(cells[3]), (0...1).contains(label),
                !cells[..<2].contains(where: { $0.split(separator: "/").contains("..") || $0.hasPrefix("/") })
            else {
                throw TaskError(
                    list, line: reader.lineNumber, "wanted a folder, a file in it, a number and a class, 0 or 1")
            }
            let picture = folder.appendingPathComponent("\(cells[0])/\(cells[1])")
            rows.append(LongRangeRow(try PNGFile.image(of: picture).pixels, label: label))
        }
        return rows
    }
}
