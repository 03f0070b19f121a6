import Foundation

/// CIFAR-10's binary files (Krizhevsky 2009): a byte of the class, then 1,024 bytes each of red, green and blue, a picture.
enum CIFARFile {
    static let classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    private static let recordBytes = 1 + 3 * GreyImage.side * GreyImage.side

    /// - Throws: `LongRangeError` where the file is missing, cut, or has a class above 9.
    static func rows(of url: URL) throws -> [LongRangeRow] {
        guard let data = try? Data(contentsOf: url, options: .mappedIfSafe) else {
            throw LongRangeError(url, "cannot be read")
        }
        guard !data.isEmpty, data.count % recordBytes == 0 else {
            throw LongRangeError(url, "\(data.count) bytes; wanted some pictures of \(recordBytes)")
        }
        let plane = GreyImage.side * GreyImage.side
        return try stride(from: 0, to: data.count, by: recordBytes).map { start in
            let label = Int(data[start])
            guard label < classes.count else {
                throw LongRangeError(url, "picture \(1 + start / recordBytes) has class \(label); wanted 0 to 9")
            }
            let planes = (0..<3).map { data[start + 1 + $0 * plane..<start + 1 + ($0 + 1) * plane] }
            return LongRangeRow(GreyImage(red: planes[0], green: planes[1], blue: planes[2]).pixels, label: label)
        }
    }
}
