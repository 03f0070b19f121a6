import Tasks
import Testing

@Suite struct BatchPlanTests {
    private let lengths = (0..<1000).map { 3 + $0 * 7919 % 60 }

    private func plan(seed: UInt64 = 1, epoch: Int = 0, rows: Int = 32) -> [[Int]] {
        BatchPlan.batches(lengths: lengths, seed: seed, epoch: epoch) { count, _ in count >= rows }
    }

    @Test(arguments: [1, 7, 32, 5000]) func everyRowIsInExactlyOneBatch(rows: Int) {
        let batches = plan(rows: rows)
        #expect(batches.flatMap { $0 }.sorted() == Array(lengths.indices))
        #expect(batches.count == (1000 + rows - 1) / rows)
    }

    @Test func batchesHoldRowsOfAllLengths() {
        let spread = plan().dropLast().map { batch in
            (batch.map { lengths[$0] }.max() ?? 0) - (batch.map { lengths[$0] }.min() ?? 0)
        }
        #expect(spread.allSatisfy { $0 > 40 }, "of 60")
    }

    @Test func thePlanIsAFunctionOfSeedAndEpoch() {
        #expect(plan() == plan())
        #expect(plan() != plan(epoch: 1))
        #expect(plan() != plan(seed: 2))
    }

    @Test func tokensBoundABatchToo() {
        let batches = BatchPlan.batches(lengths: lengths, seed: 1, epoch: 0) { _, tokens in tokens >= 500 }
        #expect(batches.flatMap { $0 }.count == 1000)
        #expect(batches.allSatisfy { $0.reduce(0) { $0 + lengths[$1] } < 500 + 63 })
    }
}
