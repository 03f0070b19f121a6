import Foundation
import Tasks

/// Pictures one behind the other: a byte of the class, then so many more.
enum PictureRecords {
    /// - Parameters:
    ///   - bytes: of a picture, without its class.
    ///   - classes: how many there are.
    /// - Throws: `TaskError` where the file is missing or cut, or names another class.
    static func rows(of url: URL, bytes: Int, classes: Int, _ pixels: (Data) -> [UInt8]) throws -> [LongRangeRow] {
        let size = 1 + bytes
        guard let data = try? Data(contentsOf: url, options: .mappedIfSafe) else {
            throw TaskError(url, "cannot be read")
        }
        guard !data.isEmpty, data.count % size == 0 else {
            throw TaskError(url, "\(data.count) bytes; wanted a multiple of \(size), the bytes of a picture")
        }
        return try stride(from: 0, to: data.count, by: size).map { start in
            let label = Int(data[start])
            guard label < classes else {
                throw TaskError(url, "picture \(1 + start / size) has class \(label); wanted 0 to \(classes - 1)")
            }
            return LongRangeRow(pixels(data[start + 1..<start + size]), label: label)
        }
    }
}

/// Grey pictures, as the generator writes them.
enum GreyFile {
    static func data(_ rows: [LongRangeRow]) -> Data { Data(rows.flatMap { [UInt8($0.label)] + $0.tokens }) }

    /// - Throws: as `PictureRecords.rows`.
    static func rows(of url: URL, classes: Int) throws -> [LongRangeRow] {
        try PictureRecords.rows(of: url, bytes: GreyImage.side * GreyImage.side, classes: classes) { [UInt8]($0) }
    }
}

/// CIFAR-10's binary files (Krizhevsky 2009): 1,024 bytes each of red, green and blue, a picture.
enum CIFARFile {
    static let classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]

    /// - Throws: as `PictureRecords.rows`.
    static func rows(of url: URL) throws -> [LongRangeRow] {
        let plane = GreyImage.side * GreyImage.side
        return try PictureRecords.rows(of: url, bytes: 3 * plane, classes: classes.count) { bytes in
            let planes = (0..<3).map { bytes.dropFirst($0 * plane).prefix(plane) }
            return GreyImage(red: planes[0], green: planes[1], blue: planes[2]).pixels
        }
    }
}
