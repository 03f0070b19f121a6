/// Where a text that is too long for one piece of work is cut.
public enum TextPart {
    /// Bytes of UTF-8 to the last space among the first `longest`, or else to the last whole character; all where they are no more.
    public static func length(of bytes: some BidirectionalCollection<UInt8>, atMost longest: Int) -> Int {
        guard bytes.count > longest else { return bytes.count }
        let part = bytes.prefix(longest)
        if let space = part.lastIndex(of: UInt8(ascii: " ")), space > bytes.startIndex {
            return bytes.distance(from: bytes.startIndex, to: space)
        }
        var (end, next) = (longest, part.endIndex)
        while end > 1, bytes[next] & 0xC0 == 0x80 { (end, next) = (end - 1, bytes.index(before: next)) }
        return end
    }
}
