import Corpora
import Foundation
import Tokenization

/// One id a byte behind the five special ones; a letter behind a letter continues its word.
struct ByteTokenizer: Tokenizer {
    var vocabularySize = 261
    var fingerprint = String(repeating: "b", count: 64)
    let special = SpecialTokens(padding: 0, unknown: 1, classification: 2, separator: 3, mask: 4)

    func encode(_ text: String) -> [Int32] { text.utf8.map { Int32($0) + 5 } }
    func piece(_ id: Int32) -> String { id < 5 ? "<\(id)>" : String(UnicodeScalar(UInt8(id - 5))) }
    func decode(_ ids: [Int32]) -> String { ids.map(piece).joined() }
    func continuesWord(_ id: Int32) -> Bool { id >= 5 && UInt8(id - 5) != UInt8(ascii: " ") }
}

/// A folder of its own for one test.
struct TemporaryFolder: ~Copyable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "yoso-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ name: String) -> URL { url.appendingPathComponent(name) }

    @discardableResult func write(_ text: String, to name: String) throws -> URL {
        try Data(text.utf8).write(to: file(name))
        return file(name)
    }
}

/// The message of the `CorpusError` that `body` throws, without the folder in front; nil where it throws none.
func message(in folder: URL, _ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as CorpusError {
        return error.description.replacingOccurrences(of: folder.path + "/", with: "")
    } catch {
        return "another error: \(error)"
    }
}

/// Documents of paragraphs of words, all different.
func sampleText(documents: Int, paragraphs: Int = 4) -> String {
    (0..<documents).map { document in
        (0..<paragraphs).map {
            "doc \(document) par \($0) " + String(repeating: "word\($0) ", count: 5 + document % 7) + "end"
        }
        .joined(separator: "\n")
    }.joined(separator: "\n\n") + "\n"
}

func tokenized(_ text: String, in folder: borrowing TemporaryFolder) throws -> TokenizedCorpus {
    try TokenizedCorpus(
        TextFiles([folder.write(text, to: "text.txt").path]), ByteTokenizer(), cache: folder.file("cache"))
}
