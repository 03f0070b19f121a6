import CSentencePiece
import Foundation

/// Trains a SentencePiece vocabulary in this process, with our special tokens: `<pad>` 0, `<unk>` 1, `[CLS]` 2,
/// `[SEP]` 3, `[MASK]` 4.
public struct VocabularyTrainer: Sendable {
    public enum Model: String, Sendable, CaseIterable {
        case unigram, bpe
    }

    public var model: Model
    /// Pieces in all, the special ones included.
    public var size: Int
    public var lowercase: Bool
    /// Most paragraphs that are learned from; the library holds them in memory.
    public var paragraphLimit: Int

    public init(size: Int, model: Model = .unigram, lowercase: Bool = true, paragraphLimit: Int = 400_000) {
        self.size = size
        self.model = model
        self.lowercase = lowercase
        self.paragraphLimit = paragraphLimit
    }

    /// Trains on `paragraphs`. The same text gives the same bytes.
    ///
    /// - Throws: `TokenizationError` where there is no text or the library refuses, for example a size that the text
    ///   cannot fill; and what `paragraphs` throws.
    public func train(_ paragraphs: () throws -> String?) throws -> SentencePieceTokenizer {
        guard size >= 8 else { throw TokenizationError("vocabulary size \(size)", "too small; wanted at least 8") }
        var (bytes, count): (UnsafeMutablePointer<CChar>?, Int64) = (nil, 0)
        let (message, failure, read) = withoutActuallyEscaping(paragraphs) { paragraphs in
            let feed = SentenceFeed(paragraphs, limit: paragraphLimit)
            let context = Unmanaged.passUnretained(feed).toOpaque()
            let message = csp_train(
                arguments,
                { context, length in
                    Unmanaged<SentenceFeed>.fromOpaque(context).takeUnretainedValue().next(&length.pointee)
                }, context, &bytes, &count)
            return (message, feed.failure, feed.count)
        }
        defer { csp_free(bytes) }
        if let failure {
            csp_free(message)
            throw failure
        }
        guard read > 0 else {
            csp_free(message)
            throw TokenizationError("vocabulary", "the text is empty; nothing to train on")
        }
        guard message == nil, let bytes else { throw TokenizationError("vocabulary", Self.plain(takeMessage(message))) }
        return try SentencePieceTokenizer(
            modelBytes: Data(bytes: bytes, count: Int(count)), place: "the trained vocabulary")
    }

    private var arguments: String {
        [
            "--model_type=\(model.rawValue)", "--vocab_size=\(size)", "--pad_id=0", "--unk_id=1", "--bos_id=2",
            "--eos_id=3", "--pad_piece=<pad>", "--unk_piece=<unk>", "--bos_piece=[CLS]", "--eos_piece=[SEP]",
            "--user_defined_symbols=[MASK]", "--normalization_rule_name=\(lowercase ? "nmt_nfkc_cf" : "nmt_nfkc")",
            "--character_coverage=0.9995", "--minloglevel=2", "--num_threads=2", "--max_sentence_length=16384",
        ].joined(separator: " ")
    }

    /// The library's message without its C++ source position, and with what to do.
    private static func plain(_ message: String) -> String {
        let text = message.split(separator: "] ").last.map(String.init) ?? message
        return text.replacingOccurrences(of: "INTERNAL: ", with: "")
    }
}

/// Paragraphs as the C callback wants them: bytes that live until the next call.
private final class SentenceFeed {
    private let paragraphs: () throws -> String?
    private let limit: Int
    private var current = UnsafeMutableBufferPointer<CChar>.allocate(capacity: 1 << 16)
    private(set) var count = 0
    private(set) var failure: (any Error)?

    init(_ paragraphs: @escaping () throws -> String?, limit: Int) {
        self.paragraphs = paragraphs
        self.limit = limit
    }

    deinit { current.deallocate() }

    func next(_ length: inout Int64) -> UnsafePointer<CChar>? {
        guard count < limit, failure == nil else { return nil }
        do {
            guard var paragraph = try paragraphs() else { return nil }
            count += 1
            paragraph.withUTF8 { utf8 in
                if utf8.count > current.count {
                    current.deallocate()
                    current = .allocate(capacity: 2 * utf8.count)
                }
                for (index, byte) in utf8.enumerated() { current[index] = CChar(bitPattern: byte) }
                length = Int64(utf8.count)
            }
            return current.baseAddress.map { UnsafePointer($0) }
        } catch {
            failure = error
            return nil
        }
    }
}
