import Corpora
import Foundation

/// A difficulty of the release, for example `pathfinder32/curv_contour_length_14`: `metadata/N.npy`, which are lines of text,
/// name the pictures under `imgs` and their classes.
enum PathfinderFolder {
    /// - Throws: `LongRangeError` where metadata or a picture is missing or damaged.
    static func rows(of folder: URL) throws -> [LongRangeRow] {
        let metadata = folder.appendingPathComponent("metadata", isDirectory: true)
        let lists = ((try? FileManager.default.contentsOfDirectory(atPath: metadata.path)) ?? [])
            .filter { $0.hasSuffix(".npy") }.sorted { ($0.count, $0) < ($1.count, $1) }
        guard !lists.isEmpty else { throw LongRangeError(metadata, "holds no lists of pictures (.npy)") }
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
                throw LongRangeError(
                    list, line: reader.lineNumber, "wanted a folder, a file in it, a number and a class, 0 or 1")
            }
            let picture = folder.appendingPathComponent("\(cells[0])/\(cells[1])")
            rows.append(LongRangeRow(try PNGFile.image(of: picture).pixels, label: label))
        }
        return rows
    }
}

/// Pictures one behind the other: a byte of the class, then the greys. What the generator writes.
enum GreyFile {
    private static let recordBytes = 1 + GreyImage.side * GreyImage.side

    static func data(_ rows: [LongRangeRow]) -> Data { Data(rows.flatMap { [UInt8($0.label)] + $0.tokens }) }

    /// - Parameter classes: how many there are.
    /// - Throws: `LongRangeError` where the file is missing or cut, or names another class.
    static func rows(of url: URL, classes: Int) throws -> [LongRangeRow] {
        guard let data = try? Data(contentsOf: url, options: .mappedIfSafe) else {
            throw LongRangeError(url, "cannot be read")
        }
        guard !data.isEmpty, data.count % recordBytes == 0 else {
            throw LongRangeError(url, "\(data.count) bytes; wanted some pictures of \(recordBytes)")
        }
        return try stride(from: 0, to: data.count, by: recordBytes).map { start in
            guard data[start] < classes else {
                throw LongRangeError(
                    url, "picture \(1 + start / recordBytes) has class \(data[start]); wanted 0 to \(classes - 1)")
            }
            return LongRangeRow([UInt8](data[start + 1..<start + recordBytes]), label: Int(data[start]))
        }
    }
}
