import Tasks

/// How many of some lines are longer than what is read of them.
struct TruncationCount {
    /// In tokens, those around the texts included.
    let length: Int
    /// What the model could read.
    let positions: Int
    private var (all, truncated) = (0, 0)

    init(length: Int, positions: Int) { (self.length, self.positions) = (length, positions) }

    /// The rows, once they are counted.
    mutating func counted(_ rows: [EncodedRow]) -> [EncodedRow] {
        all += rows.count
        truncated += rows.count(where: \.isTruncated)
        return rows
    }

    /// Nil where all were read whole.
    var note: String? {
        guard truncated > 0 else { return nil }
        let more = positions > length ? "; --length takes up to \(positions)" : ""
        return "\(truncated) of \(all) lines are cut to \(length) tokens\(more)"
    }
}
