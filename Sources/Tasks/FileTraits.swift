import Corpora
import Foundation

/// What of a file's text readers stumble over.
public struct FileTraits: Sendable {
    public private(set) var hasByteOrderMark = false
    /// Lines that end with a carriage return before the line feed.
    public private(set) var carriageReturns = 0
    /// Line separators of Unicode inside of lines, at which a careless reader breaks rows: U+2028, U+2029 and U+0085.
    public private(set) var unicodeSeparators = 0
    /// Quotation marks, which a reader of CSV takes for its own.
    public private(set) var quotes = 0
    private var count = 0
    private var (before, last): (UInt8, UInt8) = (0, 0)

    /// Of a plain or compressed file.
    ///
    /// - Throws: `CorpusError` where it cannot be read.
    public init(_ url: URL) throws { try LineReader.eachPiece(of: url) { look(at: $0) } }

    init(_ bytes: some Sequence<UInt8>) { look(at: bytes) }

    private mutating func look(at bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == 0x0A, last == 0x0D { carriageReturns += 1 }
            if byte == 0x22 { quotes += 1 }
            if before == 0xE2, last == 0x80, byte == 0xA8 || byte == 0xA9 { unicodeSeparators += 1 }
            if last == 0xC2, byte == 0x85 { unicodeSeparators += 1 }
            if count == 2, (before, last, byte) == (0xEF, 0xBB, 0xBF) { hasByteOrderMark = true }
            count += 1
            (before, last) = (last, byte)
        }
    }
}
