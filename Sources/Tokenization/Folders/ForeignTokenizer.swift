import Foundation

/// A `tokenizer.json` that another program wrote beside a BERT checkpoint: WordPiece alone.
enum ForeignTokenizer {
    private struct File: Decodable {
        struct Model: Decodable {
            let type: String?
            let vocab: [String: Int]
        }
        struct Normalizer: Decodable {
            let lowercase: Bool?
        }
        let model: Model
        let normalizer: Normalizer?
    }

    static func wordPiece(_ url: URL) throws -> WordPieceTokenizer {
        let place = url.relativePath
        guard let file = try? JSONDecoder().decode(File.self, from: try TokenizerFolder.read(url)),
            file.model.type ?? "WordPiece" == "WordPiece"
        else { throw TokenizationError(place, "no WordPiece tokenizer; only those are read from tokenizer.json") }
        let sorted = file.model.vocab.sorted { $0.value < $1.value }
        guard sorted.map(\.value) == Array(0..<sorted.count) else {
            throw TokenizationError(place, "its ids are not 0 to \(sorted.count - 1)")
        }
        return try WordPieceTokenizer(
            pieces: sorted.map(\.key), lowercase: file.normalizer?.lowercase ?? true, place: place)
    }
}
