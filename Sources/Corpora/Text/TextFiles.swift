import Foundation

/// The text files of a corpus: `.txt`, `.gz` and `.xz`, one paragraph a line, a blank line between documents.
public struct TextFiles: Sendable, Equatable {
    public let urls: [URL]

    static let extensions = ["txt", "gz", "xz"]

    /// Files as they are named, and all text files below folders; sorted by path, each once.
    ///
    /// - Throws: `CorpusError` where a path does not exist, is of another kind, or a folder holds no text.
    public init(_ paths: [String]) throws {
        var urls: [URL] = []
        for path in paths {
            let url = URL(fileURLWithPath: path, relativeTo: nil)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
                throw CorpusError(path, "no such file or folder")
            }
            if isDirectory.boolValue {
                let found = Self.textFiles(below: url)
                guard !found.isEmpty else { throw CorpusError(path, "holds no .txt, .gz or .xz file") }
                urls += found
            } else {
                guard Self.extensions.contains(url.pathExtension) else {
                    throw CorpusError(path, "not a .txt, .gz or .xz file")
                }
                urls.append(url)
            }
        }
        self.urls = Set(urls).sorted { $0.path < $1.path }
    }

    /// Bytes on disk of all files.
    public var bytes: Int { urls.reduce(0) { $0 + Self.size($1) } }

    static func size(_ url: URL) -> Int {
        // Of a link, the target's.
        let attributes = try? FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    private static func textFiles(below folder: URL) -> [URL] {
        // A folder that is a link is not entered by its own name.
        let names =
            FileManager.default.enumerator(atPath: folder.resolvingSymlinksInPath().path)?.compactMap { $0 as? String }
            ?? []
        return names.map { folder.appendingPathComponent($0) }.filter { extensions.contains($0.pathExtension) }
    }
}
