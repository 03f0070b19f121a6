import Corpora

/// The batches of an epoch: rows of like length together, every row exactly once, none dropped.
public enum BatchPlan {
    /// Batches a bucket: large enough that lengths within a batch are alike, small enough that epochs differ.
    private static let bucketBatches = 50

    /// Row indices of every batch, a pure function of (seed, epoch).
    ///
    /// Rows are shuffled, cut into buckets, sorted by length inside each, cut into batches, and the batches shuffled.
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
        let bucketRows = bucketBatches * rowsOfBatch(lengths, isFull)
        for first in stride(from: 0, to: order.count, by: bucketRows) {
            let bucket = order[first..<min(first + bucketRows, order.count)]
            for row in bucket.sorted(by: { (lengths[$0], $0) < (lengths[$1], $1) }) {
                batch.append(row)
                tokens += lengths[row]
                if isFull(batch.count, tokens) {
                    batches.append(batch)
                    (batch, tokens) = ([], 0)
                }
            }
        }
        if !batch.isEmpty { batches.append(batch) }
        random.shuffle(&batches)
        return batches
    }

    /// About how many rows make a batch.
    private static func rowsOfBatch(_ lengths: [Int], _ isFull: (Int, Int) -> Bool) -> Int {
        var (rows, tokens) = (0, 0)
        for length in lengths where !isFull(rows, tokens) {
            rows += 1
            tokens += length
        }
        return max(1, rows)
    }
}
