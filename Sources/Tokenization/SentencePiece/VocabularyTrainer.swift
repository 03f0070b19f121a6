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
    /// The share of the characters of the text, the most frequent first, that have a piece; the library takes 0.98 to 1.
    public var coverage = 0.9995

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
        let (message, failure, read, hasText) = withoutActuallyEscaping(paragraphs) { paragraphs in
            let feed = SentenceFeed(paragraphs, limit: paragraphLimit)
            let context = Unmanaged.passUnretained(feed).toOpaque()
            let message = csp_train(
                arguments,
                { context, length in
                    Unmanaged<SentenceFeed>.fromOpaque(context).takeUnretainedValue().next(&length.pointee)
                }, context, &bytes, &count)
            return (message, feed.failure, feed.count, feed.hasText)
        }
        defer { csp_free(bytes) }
        if let failure {
            csp_free(message)
            throw failure
        }
        guard hasText else {
            csp_free(message)
            let problem = read == 0 ? "is empty" : "holds no character but blanks"
            throw TokenizationError("vocabulary", "the text \(problem); nothing to train on")
        }
        guard message == nil, let bytes else { throw refusal(takeMessage(message)) }
        return try SentencePieceTokenizer(
            modelBytes: Data(bytes: bytes, count: Int(count)), place: "the trained vocabulary")
    }

    private var arguments: String {
        [
            "--model_type=\(model.rawValue)", "--vocab_size=\(size)", "--pad_id=0", "--unk_id=1", "--bos_id=2",
            "--eos_id=3", "--pad_piece=<pad>", "--unk_piece=<unk>", "--bos_piece=[CLS]", "--eos_piece=[SEP]",
            "--user_defined_symbols=[MASK]", "--normalization_rule_name=\(lowercase ? "nmt_nfkc_cf" : "nmt_nfkc")",
            "--character_coverage=\(coverage)", "--minloglevel=2", "--num_threads=2",
            "--max_sentence_length=\(SentenceFeed.longest)",
        ].joined(separator: " ")
    }

    /// What the library says of the size, in words of ours, since its own advise options of its own; else its message without
    /// the C++ source position.
    private func refusal(_ message: String) -> TokenizationError {
        let numbers = message.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
        if message.contains("smaller than required_chars"), let least = numbers.last {
            return TokenizationError(
                "vocabulary size \(size)",
                "too small; wanted at least \(least), for the special tokens and the characters of the text")
        }
        if message.contains("Vocabulary size too high"), let most = numbers.last {
            return TokenizationError("vocabulary size \(size)", "too large for this text; wanted at most \(most)")
        }
        let text = message.split(separator: "] ").last.map(String.init) ?? message
        return TokenizationError("vocabulary", text.replacingOccurrences(of: "INTERNAL: ", with: ""))
    }
}

/// Paragraphs as the C callback wants them: bytes that live until the next call, long ones cut at a space, since the library
/// leaves out what is longer than it was told.
private final class SentenceFeed {
    /// In bytes.
    static let longest = 16_384

    private let paragraphs: () throws -> String?
    private let limit: Int
    /// What is left of the last paragraph.
    private var rest: ArraySlice<UInt8> = []
    private let current = UnsafeMutableBufferPointer<CChar>.allocate(capacity: longest)
    private(set) var count = 0
    /// Whether there was a character that the library keeps; its normalization takes the others for blanks.
    private(set) var hasText = false
    private var stoodIn = false
    private(set) var failure: (any Error)?

    init(_ paragraphs: @escaping () throws -> String?, limit: Int) {
        self.paragraphs = paragraphs
        self.limit = limit
    }

    deinit { current.deallocate() }

    func next(_ length: inout Int64) -> UnsafePointer<CChar>? {
        if rest.isEmpty {
            guard let paragraph = next() ?? standIn() else { return nil }
            rest = Array(paragraph.utf8)[...]
        }
        let part = rest.prefix(TextPart.length(of: rest, atMost: Self.longest))
        rest = rest.dropFirst(part.count)
        for (index, byte) in part.enumerated() { current[index] = CChar(bitPattern: byte) }
        length = Int64(part.count)
        return current.baseAddress.map { UnsafePointer($0) }
    }

    private func next() -> String? {
        guard count < limit, failure == nil else { return nil }
        do {
            guard let paragraph = try paragraphs() else { return nil }
            count += 1
            hasText = hasText || paragraph.unicodeScalars.contains { !Self.isBlank($0) }
            return paragraph
        } catch {
            failure = error
            return nil
        }
    }

    /// A letter, once, where there was no text: without any the library ends the process. Nobody gets that vocabulary.
    private func standIn() -> String? {
        defer { stoodIn = true }
        return hasText || stoodIn ? nil : "a"
    }

    /// Also the library's own mark of a space, and the mark of what could not be decoded.
    private static func isBlank(_ character: Unicode.Scalar) -> Bool {
        switch character.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator: true
        default: character == "\u{2581}" || character == "\u{FFFD}"
        }
    }
}
