/// Text to ids and back: `ids = encode(text)`, without special tokens, and `text ≈ decode(ids)`.
///
/// A tokenizer is immutable and safe to share between threads. It travels with every checkpoint, and its
/// `fingerprint` is what says that two vocabularies are the same one.
public protocol Tokenizer: Sendable {
    /// Number of ids, specials included; every id lies in `0 ..< vocabularySize`.
    var vocabularySize: Int { get }

    /// Ids of the five special tokens.
    var special: SpecialTokens { get }

    /// SHA-256, as 64 lower-case hexadecimal digits, of the bytes that define the vocabulary.
    var fingerprint: String { get }

    /// Ids of `text`, in order, without special tokens; the empty array for text without content.
    func encode(_ text: String) -> [Int32]

    /// Ids of a text with a mask between each two of its `parts`, where a word stands: with the space in front of it, and what follows
    /// as it would be behind a word.
    func encode(aroundMasks parts: [String]) -> [Int32]

    /// The piece behind `id` as the vocabulary spells it (`▁the`, `##ing`, `[MASK]`).
    ///
    /// - Precondition: `0 <= id < vocabularySize`.
    func piece(_ id: Int32) -> String

    /// Readable text of `ids`; special tokens are spelled out.
    func decode(_ ids: [Int32]) -> String

    /// Whether the piece continues the word before it (`##ing`; a SentencePiece without the leading `▁`).
    func continuesWord(_ id: Int32) -> Bool

    /// The words of `text` in bytes of UTF-8, in order: those of `TextWords`, and tokens of the model's own.
    func words(of text: String) -> [Range<Int>]
}

extension Tokenizer {
    public func encode(aroundMasks parts: [String]) -> [Int32] { encodeApart(parts) }

    /// Each part by itself, with masks between them.
    func encodeApart(_ parts: [String]) -> [Int32] { Array(parts.map(encode).joined(separator: [special.mask])) }
    public func words(of text: String) -> [Range<Int>] { TextWords.ranges(of: text) }
}

/// Ids of the special tokens that every vocabulary of ours has.
public struct SpecialTokens: Sendable, Equatable {
    public var padding: Int32
    public var unknown: Int32
    public var classification: Int32
    public var separator: Int32
    public var mask: Int32

    public init(padding: Int32, unknown: Int32, classification: Int32, separator: Int32, mask: Int32) {
        self.padding = padding
        self.unknown = unknown
        self.classification = classification
        self.separator = separator
        self.mask = mask
    }
}
