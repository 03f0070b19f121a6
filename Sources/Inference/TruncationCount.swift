import Tasks

/// How many of some lines are longer than what is read of them, or of characters that the vocabulary has not.
struct TruncationCount {
    /// In tokens, those around the texts included.
    let length: Int
    /// What the model could read.
    let longest: Int
    /// The piece of such characters.
    let unknown: Int32
    private var (all, truncated, strange) = (0, 0, 0)

    init(length: Int, longest: Int, unknown: Int32) {
        (self.length, self.longest, self.unknown) = (length, longest, unknown)
    }

    /// The rows, once they are counted.
    mutating func counted(_ rows: [EncodedRow]) -> [EncodedRow] {
        all += rows.count
        truncated += rows.count(where: \.isTruncated)
        strange += rows.count { row in
            let count = row.ids.count { $0 == unknown }
            // Of all but the two around the text.
            return count > 0 && 4 * count >= row.ids.count - 2
        }
        return rows
    }

    /// What is to be said of them.
    var notes: [String] {
        let more = longest > length ? "; --length takes up to \(longest)" : ""
        return (truncated > 0 ? ["\(truncated) of \(all) lines are cut to \(length) tokens\(more)"] : [])
            + (strange > 0
                ? ["of \(strange) of \(all) lines a quarter or more of the tokens are unknown to the vocabulary"] : [])
    }
}
