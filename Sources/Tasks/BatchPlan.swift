import Corpora

/// The batches of an epoch: every row exactly once, none dropped.
public enum BatchPlan {
    /// Row indices of every batch, a pure function of (seed, epoch): rows are shuffled and cut.
    ///
    /// Rows of like length are not sought out: batches are not padded, so it would save nothing, and batches of one
    /// length are batches of one kind of text, from which a model learns less.
    ///
    /// - Parameter isFull: whether a batch of so many rows and tokens takes no more.
    public static func batches(
        lengths: [Int], seed: UInt64, epoch: Int, isFull: (_ rows: Int, _ tokens: Int) -> Bool
    ) -> [[Int]] {
        var random = RandomSequence(seed, 0xBA7C, UInt64(epoch))
        var order = Array(lengths.indices)
        random.shuffle(&order)
        var batches: [[Int]] = []
        var batch: [Int] = []
        var tokens = 0
        for row in order {
            batch.append(row)
            tokens += lengths[row]
            if isFull(batch.count, tokens) {
                batches.append(batch)
                (batch, tokens) = ([], 0)
            }
        }
        if !batch.isEmpty { batches.append(batch) }
        return batches
    }
}
