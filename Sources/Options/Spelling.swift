/// The nearest of some spellings, for `did you mean`.
public enum Spelling {
    /// The candidate at the smallest distance from `word`, if that is small for a word of its length; of several the one that
    /// begins most like it, for first letters are seldom wrong.
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        let word = word.lowercased()
        let ranked = candidates.map { candidate in
            let other = candidate.lowercased()
            return (candidate, distance(word, other), zip(word, other).prefix { $0 == $1 }.count)
        }
        guard let best = ranked.min(by: { ($0.1, $1.2) < ($1.1, $0.2) }), best.1 <= max(1, word.count / 3) else {
            return nil
        }
        return best.0
    }

    /// ` (did you mean 'word'?)`, or nothing.
    public static func hint(for word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// Insertions, deletions, substitutions and swaps of neighbours from `a` to `b` (optimal string alignment).
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a), Array(b))
        var table = [[Int]](repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count {
            for j in 0...b.count {
                guard i > 0, j > 0 else {
                    table[i][j] = max(i, j)
                    continue
                }
                let same = a[i - 1] == b[j - 1]
                table[i][j] = min(
                    table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (same ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
                }
            }
        }
        return table[a.count][b.count]
    }
}
