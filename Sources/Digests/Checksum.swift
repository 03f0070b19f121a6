import Foundation

/// What `checksums.json` says of one file of a folder.
public struct Checksum: Codable, Equatable, Sendable {
    public let bytes: Int
    public let sha256: String

    public init(bytes: Int, sha256: String) { (self.bytes, self.sha256) = (bytes, sha256) }

    public static let listName = "checksums.json"

    /// The list of `folder` by the names of the files; empty where it has none.
    ///
    /// - Parameter damaged: the error to throw where the list is there and cannot be read.
    /// - Throws: what `damaged` makes of a list that is none.
    public static func list(of folder: URL, damaged: (URL) -> any Error) throws -> [String: Checksum] {
        let url = folder.appendingPathComponent(listName)
        guard FileManager.default.fileExists(atPath: url.path) else { return [:] }
        guard let data = try? Data(contentsOf: url),
            let list = try? JSONDecoder().decode([String: Checksum].self, from: data)
        else { throw damaged(url) }
        return list
    }
}
