import Foundation

/// The text files of a corpus: `.txt`, `.raw`, `.gz` and `.xz`, one paragraph a line, a blank line between documents; and where they
/// are named themselves `.jsonl`, an object with a `text` a line, which is a document.
public struct TextFiles: Sendable, Equatable {
    public let urls: [URL]
    /// What folders hold besides, with the reason why it is not read; hidden folders as a whole.
    private let leftOut: [String]

    private static let kinds = "a .txt, .raw, .gz or .xz file"
    /// In folders they may be rows of a task, or logs.
    private static let rows = "JSON lines; name the file to read each one's 'text'"

    /// Files as they are named, and all text files below folders that are not hidden; sorted by path, each once.
    ///
    /// - Throws: `CorpusError` where a path does not exist, is of another kind, or a folder holds no text.
    public init(_ paths: [String]) throws {
        var (urls, leftOut) = ([URL](), [String]())
        for path in paths {
            let url = URL(fileURLWithPath: path, relativeTo: nil)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
                throw CorpusError(path, "no such file or folder")
            }
            if isDirectory.boolValue {
                let found = Self.files(below: url)
                guard !found.text.isEmpty else {
                    let besides = Self.note(of: found.leftOut).map { "; \($0)" } ?? ""
                    throw CorpusError(path, "holds no \(Self.kinds.dropFirst(2))\(besides)")
                }
                urls += found.text
                leftOut += found.leftOut
            } else {
                let name = url.lastPathComponent
                guard Self.isText(name) || TextLines.isJSON(name) else {
                    throw CorpusError(path, "not a .txt, .raw, .jsonl, .gz or .xz file")
                }
                if let problem = Self.problem(of: url) { throw CorpusError(path, problem) }
                urls.append(url)
            }
        }
        // One file has many names: `text`, `./text`, one from the root, links. By bytes: `String` takes two spellings of an
        // accented letter for one.
        var known: Set<[UInt8]> = []
        self.urls = urls.map { ($0, path: $0.path) }.sorted { $0.path < $1.path }.map(\.0).filter {
            known.insert(Array($0.resolvingSymlinksInPath().standardizedFileURL.path.utf8)).inserted
        }
        self.leftOut = Set(leftOut).sorted()
    }

    /// Says what folders hold that is not read, and what may be read twice; nil where there is nothing.
    public var note: String? {
        let notes = [Self.note(of: leftOut), copies].compactMap(\.self)
        return notes.isEmpty ? nil : notes.joined(separator: "; ")
    }

    /// A text beside what `gzip -k` or `xz -k` made of it: its documents would count twice, and those held out be learned too.
    private var copies: String? {
        func plain(_ url: URL) -> URL {
            ["gz", "xz"].contains(url.pathExtension.lowercased()) ? url.deletingPathExtension() : url
        }
        let alike = Dictionary(grouping: urls) { Array(plain($0).path.utf8) }.values.filter { $0.count > 1 }
        guard let first = alike.min(by: { $0[0].path < $1[0].path }) else { return nil }
        let more = alike.count > 1 ? ", and \(alike.count - 1) more such," : ""
        return first.map(\.relativePath).joined(separator: " and ")
            + "\(more) are read as different texts; move away what is a copy"
    }

    private static func note(of leftOut: [String]) -> String? {
        guard !leftOut.isEmpty else { return nil }
        let more = leftOut.count > 3 ? " and \(leftOut.count - 3) more" : ""
        return "left out \(leftOut.count): \(leftOut.prefix(3).joined(separator: ", "))\(more)"
    }

    /// Bytes on disk of all files.
    public var bytes: Int { urls.reduce(0) { $0 + Self.size($1) } }

    /// Of a link, the target's.
    static func size(_ url: URL) -> Int {
        var status = stat()
        return stat(url.path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Of a link, the target's; nil of what is not there.
    static func modified(_ url: URL) -> Double? {
        let path = url.path
        func attributes(_ path: String) -> [FileAttributeKey: Any]? {
            try? FileManager.default.attributesOfItem(atPath: path)
        }
        var found = attributes(path)
        if found?[.type] as? FileAttributeType == .typeSymbolicLink {
            found = attributes(url.resolvingSymlinksInPath().path)
        }
        return (found?[.modificationDate] as? Date)?.timeIntervalSince1970
    }

    /// Files are read more than once, and nobody waits for the writer of a pipe.
    static func problem(of url: URL) -> String? {
        var status = stat()
        guard stat(url.path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
        return "is a pipe or a device; wanted a plain file"
    }

    private static func isText(_ name: String) -> Bool {
        ["txt", "raw", "gz", "xz"].contains((name as NSString).pathExtension.lowercased())
    }

    private static func files(below folder: URL) -> (text: [URL], leftOut: [String]) {
        var (text, leftOut) = ([URL](), [String]())
        // A folder that is a link is not entered by its own name.
        let names = FileManager.default.enumerator(atPath: folder.resolvingSymlinksInPath().path)
        while let name = names?.nextObject() as? String {
            let url = folder.appendingPathComponent(name)
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
                let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) != nil
                let isClosed = access(url.deletingLastPathComponent().path, X_OK) != 0
                let reason =
                    isLink ? "a link to nothing" : isClosed ? "in a folder without access" : "its name is not UTF-8"
                leftOut.append("\(url.relativePath) (\(reason))")
                continue
            }
            if isDirectory.boolValue, (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) != nil {
                // Entered, it could lead round and round.
                leftOut.append("\(url.relativePath) (a link to a folder; name that folder too)")
            } else if isDirectory.boolValue, access(url.path, R_OK | X_OK) != 0 {
                leftOut.append("\(url.relativePath) (a folder that cannot be read)")
            } else if url.lastPathComponent.hasPrefix(".") {
                leftOut.append("\(url.relativePath) (hidden)")
                names?.skipDescendants()
            } else if !isDirectory.boolValue {
                let problem: String? =
                    TextLines.isJSON(name) ? rows : isText(name) ? problem(of: url) : "not \(kinds)"
                if let problem { leftOut.append("\(url.relativePath) (\(problem))") } else { text.append(url) }
            }
        }
        return (text, leftOut)
    }
}
