import Foundation

/// What of a file's bytes readers stumble over.
public struct FileTraits: Sendable, Equatable {
    public let hasByteOrderMark: Bool
    /// Lines that end with a carriage return before the line feed.
    public let carriageReturns: Int
    /// Line separators of Unicode inside of lines, at which a careless reader breaks rows: U+2028, U+2029 and U+0085.
    public let unicodeSeparators: Int
    /// Quotation marks, which a reader of CSV takes for its own.
    public let quotes: Int

    public init(_ data: Data) {
        hasByteOrderMark = data.starts(with: [0xEF, 0xBB, 0xBF])
        var (returns, separators, quotes) = (0, 0, 0)
        var (before, last): (UInt8, UInt8) = (0, 0)
        for byte in data {
            if byte == 0x0A, last == 0x0D { returns += 1 }
            if byte == 0x22 { quotes += 1 }
            if before == 0xE2, last == 0x80, byte == 0xA8 || byte == 0xA9 { separators += 1 }
            if last == 0xC2, byte == 0x85 { separators += 1 }
            (before, last) = (last, byte)
        }
        (carriageReturns, unicodeSeparators, self.quotes) = (returns, separators, quotes)
    }
}
