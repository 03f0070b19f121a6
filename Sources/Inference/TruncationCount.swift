import Tasks

/// How many of some lines are longer than what is read of them.
struct TruncationCount {
    /// In tokens, those around the texts included.
    let length: Int
    /// What the model could read.
    let longest: Int
    private var (all, truncated) = (0, 0)

    init(length: Int, longest: Int) { (self.length, self.longest) = (length, longest) }

    /// The rows, once they are counted.
    mutating func counted(_ rows: [EncodedRow]) -> [EncodedRow] {
        all += rows.count
        truncated += rows.count(where: \.isTruncated)
        return rows
    }

    /// Nil where all were read whole.
    var note: String? {
        guard truncated > 0 else { return nil }
        let more = longest > length ? "; --length takes up to \(longest)" : ""
        return "\(truncated) of \(all) lines are cut to \(length) tokens\(more)"
    }
}
