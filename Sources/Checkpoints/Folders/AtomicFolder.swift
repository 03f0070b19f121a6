import CFiles
import Digests
import Foundation

/// A folder that exists whole or not at all: its files are written into a hidden sibling, synced, listed with size and
/// SHA-256 in `checksums.json`, and the sibling takes the folder's name.
public enum AtomicFolder {
    private static let listName = Checksum.listName
    /// A model card, which people are to write in.
    public static let cardName = "README.md"
    /// How the names of unfinished folders begin.
    static let partialPrefix = ".partial-"

    /// Writes a new folder at `url` with the files that `body` puts into the folder it is given; an older one of that
    /// name is replaced only when the new one is complete, and with `replaces` false never.
    ///
    /// - Throws: what `body` throws, or `CheckpointError`; then nothing is left behind and the older folder is intact.
    public static func write(to url: URL, replaces: Bool = true, _ body: (URL) throws -> Void) throws {
        guard replaces || !FileManager.default.fileExists(atPath: url.path) else {
            throw CheckpointError(url, "is there already, and nothing is overwritten; choose another --output")
        }
        try check(url)
        let parent = url.deletingLastPathComponent()
        try createDirectory(parent)
        let partial = parent.appendingPathComponent(partialPrefix + url.lastPathComponent, isDirectory: true)
        let key = partial.appendingPathExtension("lock")
        guard let lock = try FileLock.take(key, of: url) else { throw FileLock.isTaken(url) }
        defer {
            unlink(key.path)
            close(lock)
        }
        try? FileManager.default.removeItem(at: partial)
        do {
            try createDirectory(partial)
            try body(partial)
            try list(partial)
            try sync(partial)
            if replaces {
                try replace(url, with: partial)
            } else if rename(partial.path, url.path) != 0 {
                throw CheckpointError.system(url, "rename into place")
            }
            try sync(parent)
        } catch {
            try? FileManager.default.removeItem(at: partial)
            throw error
        }
    }

    /// - Throws: `CheckpointError` where something else than a folder is at `url`, which `write` would have to remove, or a folder
    ///   that this process is in: whoever started it would be left in one that has no name; or where the names that it has while it is
    ///   written would be too long.
    public static func check(_ url: URL) throws {
        let room = 255 - replacedPrefix.utf8.count
        guard url.lastPathComponent.utf8.count <= room else {
            throw CheckpointError(url, "its name has more than \(room) bytes; choose a shorter one")
        }
        guard (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) == nil else {
            throw CheckpointError(url, "is a link; wanted a new folder, or one to replace")
        }
        let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath).resolvingSymlinksInPath().path + "/"
        guard !here.hasPrefix(url.resolvingSymlinksInPath().path + "/") else {
            throw CheckpointError(url, "is the working folder, or above it; wanted another")
        }
        var isFolder: ObjCBool = false
        guard !FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) || isFolder.boolValue else {
            throw CheckpointError(url, "is there, and is no folder; wanted a new folder, or one to replace")
        }
    }

    /// Checks every file that `checksums.json` lists.
    ///
    /// - Parameter foreign: whether a folder without that list, another program's, passes.
    /// - Throws: `CheckpointError` that names the first file that is missing or differs, or cannot be read, which proves nothing.
    public static func verify(_ url: URL, foreign: Bool) throws {
        let listURL = url.appendingPathComponent(listName)
        guard isThere(listURL) else {
            guard (try? FileManager.default.contentsOfDirectory(atPath: url.path)) != nil || !isThere(url) else {
                throw CheckpointError.unreadable(url)
            }
            guard foreign else { throw CheckpointError(url, "no checkpoint: it has no \(listName)") }
            return
        }
        guard let data = try? Data(contentsOf: listURL) else { throw CheckpointError.unreadable(listURL) }
        guard let list = try? JSONDecoder().decode([String: Checksum].self, from: data), !list.isEmpty
        else { throw CheckpointError(listURL, "damaged: no list of checksums; use an older checkpoint") }
        for (name, expected) in list.sorted(by: { $0.key < $1.key }) {
            guard
                name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
                    !["", ".", ".."].contains($0)
                })
            else {
                throw CheckpointError(listURL, "damaged: it lists '\(name)'; wanted files of the folder itself")
            }
            let file = url.appendingPathComponent(name)
            let bytes: Int
            do { bytes = try size(of: file) } catch let error as CheckpointError { throw error } catch {
                guard !isThere(file) else { throw CheckpointError.unreadable(file) }
                throw CheckpointError(file, "missing; \(listName) lists it; use an older checkpoint")
            }
            guard bytes == expected.bytes else {
                let change = bytes < expected.bytes ? "truncated" : "changed"
                throw CheckpointError(
                    file, "\(change): \(bytes) bytes, \(listName) says \(expected.bytes); use an older checkpoint")
            }
            let digest: String
            do { digest = try SHA256.hexadecimal(ofFile: file) } catch { throw CheckpointError.unreadable(file) }
            guard digest == expected.sha256 else {
                throw CheckpointError(
                    file,
                    "damaged: SHA-256 is \(digest.prefix(8))…, \(listName) says \(expected.sha256.prefix(8))…; "
                        + "use an older checkpoint")
            }
        }
    }

    /// Removes what killed writers left in `parent`, ours and those of Foundation; a folder that had stepped aside for one that never
    /// came is back.
    static func removePartials(in parent: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
        for name in names where name.hasPrefix(replacedPrefix) {
            let original = parent.appendingPathComponent(String(name.dropFirst(replacedPrefix.count)))
            guard !FileManager.default.fileExists(atPath: original.path) else { continue }
            rename(parent.appendingPathComponent(name).path, original.path)
        }
        for name in names where name.hasPrefix(partialPrefix) || name.hasPrefix(".dat.nosync") {
            try? FileManager.default.removeItem(at: parent.appendingPathComponent(name))
        }
    }

    /// Whether a folder has a list of checksums, as all that `write` leaves have.
    static func isListed(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.appendingPathComponent(listName).path)
    }

    /// Whether something has the name, if only a link that leads nowhere.
    private static func isThere(_ url: URL) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: url.path)) != nil
    }

    /// Removes a folder, which is never seen with a part of its files.
    static func remove(_ url: URL) {
        let aside = aside(url)
        try? FileManager.default.removeItem(at: aside)
        guard rename(url.path, aside.path) == 0 else { return }
        try? FileManager.default.removeItem(at: aside)
    }

    /// Where a folder goes that is to be removed, or with another prefix one that another is to replace.
    private static func aside(_ url: URL, _ prefix: String = partialPrefix + "old-") -> URL {
        url.deletingLastPathComponent().appendingPathComponent(prefix + url.lastPathComponent)
    }

    private static let replacedPrefix = partialPrefix + "replaced-"

    /// Makes a folder, and those above it, where it is not there.
    ///
    /// - Throws: `CheckpointError` that names the first of them that cannot be made.
    public static func createDirectory(_ url: URL) throws {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) {
            guard isFolder.boolValue else { throw CheckpointError(url, "is a file; wanted a folder") }
            return
        }
        let parent = url.deletingLastPathComponent()
        // There is nothing above the folder that one is in, which may itself be gone.
        if parent.relativePath != ".", parent.relativePath.count < url.relativePath.count {
            try createDirectory(parent)
        }
        // Another process may have made it meanwhile.
        guard mkdir(url.path, 0o777) == 0 || errno == EEXIST && opendir(url.path).map(closedir) != nil else {
            throw CheckpointError.system(url, "create the folder")
        }
    }

    private static func list(_ folder: URL) throws {
        var list: [String: Checksum] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let file = folder.appendingPathComponent(name)
            try sync(file)
            var isFolder: ObjCBool = false
            guard name != cardName, FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder),
                !isFolder.boolValue
            else { continue }
            list[name] = Checksum(bytes: try size(of: file), sha256: try SHA256.hexadecimal(ofFile: file))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try OutputFile.write(try encoder.encode(list), to: folder.appendingPathComponent(listName))
    }

    /// Renames `partial` to `url`. A folder cannot be renamed over a full one: the two change names in one call, or, on
    /// file systems that cannot do that, the older one steps aside first, and comes back where the new one cannot follow.
    private static func replace(_ url: URL, with partial: URL) throws {
        #if os(Linux)
            if renameat2(AT_FDCWD, partial.path, AT_FDCWD, url.path, rename_exchange) == 0 {
                try? FileManager.default.removeItem(at: partial)
                return
            }
        #endif
        let old = aside(url, replacedPrefix)
        if FileManager.default.fileExists(atPath: url.path) {
            try? FileManager.default.removeItem(at: old)
            guard rename(url.path, old.path) == 0 else { throw CheckpointError.system(url, "replace") }
        }
        guard rename(partial.path, url.path) == 0 else {
            let error = CheckpointError.system(url, "rename into place")
            rename(old.path, url.path)
            throw error
        }
        try? FileManager.default.removeItem(at: old)
    }

    private static func size(of url: URL) throws -> Int {
        // Of a link, as in the cache of the hub, the target's.
        let attributes = try FileManager.default.attributesOfItem(atPath: url.resolvingSymlinksInPath().path)
        let type = attributes[.type] as? FileAttributeType
        // Still a link: one that leads nowhere.
        guard type != .typeSymbolicLink else { throw CheckpointError.unreadable(url) }
        guard type == .typeRegular else {
            throw CheckpointError(url, "no plain file; \(listName) lists it")
        }
        return (attributes[.size] as? NSNumber)?.intValue ?? 0
    }

    private static func sync(_ url: URL) throws {
        let descriptor = open(url.path, O_RDONLY)
        guard descriptor >= 0 else { throw CheckpointError.system(url, "open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw CheckpointError.system(url, "sync") }
    }
}
