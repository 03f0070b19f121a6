import Foundation

@testable import LongRange

/// A folder of its own, gone at the end.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID())", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    @discardableResult func write(_ bytes: some Collection<UInt8>, to name: String) throws -> URL {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
        return file
    }

    @discardableResult func write(_ text: String, to name: String) throws -> URL {
        try write(Array(text.utf8), to: name)
    }
}

/// The message of what `body` throws, without the folder in front; nil where it throws nothing.
func message(in folder: TemporaryFolder, _ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch {
        return "\(error)".replacingOccurrences(of: folder.url.path + "/", with: "")
    }
}
