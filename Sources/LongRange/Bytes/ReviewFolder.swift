import Foundation
import Tasks

/// The release's `aclImdb/{train,test}/{neg,pos}`: a review a file.
enum ReviewFolder {
    /// In the order of classes and names.
    ///
    /// - Parameter limit: bytes of a review that are read.
    /// - Throws: `TaskError` where a class has no folder or no reviews.
    static func rows(of folder: URL, limit: Int) throws -> [LongRangeRow] {
        try ["neg", "pos"].enumerated().flatMap { label, name in
            let reviews = folder.appendingPathComponent(name, isDirectory: true)
            let names = ((try? FileManager.default.contentsOfDirectory(atPath: reviews.path)) ?? [])
                .filter { $0.hasSuffix(".txt") && !$0.hasPrefix(".") }.sorted()
            guard !names.isEmpty else { throw TaskError(reviews, "holds no reviews (.txt)") }
            return try names.map { name in
                let url = reviews.appendingPathComponent(name)
                guard let data = try? Data(contentsOf: url) else { throw TaskError(url, "cannot be read") }
                return LongRangeRow(Array(data.prefix(limit)), label: label)
            }
        }
    }
}
