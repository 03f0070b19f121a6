import Foundation
import Tokenization

/// The real text and the vocabularies of other models, where this machine has them.
let sharedData = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data").standardizedFileURL
let hasSharedData = FileManager.default.fileExists(atPath: sharedData.appendingPathComponent("README.md").path)

func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
}

/// The vocabulary that ships.
func sampleVocabulary() throws -> SentencePieceTokenizer {
    let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Vocab/sample").standardizedFileURL
    return try SentencePieceTokenizer(
        modelBytes: Data(contentsOf: folder.appendingPathComponent("spiece.model")), place: "spiece.model")
}

/// The message of the `TokenizationError` that `body` throws; nil where it throws none.
func message(_ body: () throws -> Void) -> String? {
    do {
        try body()
        return nil
    } catch let error as TokenizationError {
        return error.description
    } catch {
        return "another error: \(error)"
    }
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
}
