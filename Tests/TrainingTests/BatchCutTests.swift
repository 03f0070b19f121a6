import Testing
import Training

@Suite struct BatchCutTests {
    @Test(arguments: [1, 2, 3, 7], [1, 50, 10_000])
    func everySequenceFallsInExactlyOneMicroBatch(slices: Int, tokens: Int) {
        let lengths = [5, 128, 1, 77, 3, 3, 3, 90, 12, 40]
        let parts = BatchCut(slices: slices, microBatchTokens: tokens).parts(of: lengths)
        #expect(parts.count == slices)
        #expect(parts.flatMap { $0 }.flatMap { Array($0) } == Array(lengths.indices))
    }

    @Test func slicesAreOfNearlyEqualCost() {
        let lengths = (0..<64).map { 10 + $0 * 37 % 100 }
        let cost = BatchCut(slices: 2, microBatchTokens: 1000).parts(of: lengths).map { slice in
            slice.flatMap { $0 }.reduce(0) { $0 + lengths[$1] }
        }
        #expect(abs(cost[0] - cost[1]) <= 110)
    }

    @Test func microBatchesAreOfNearlyEqualSize() {
        let parts = BatchCut(slices: 1, microBatchTokens: 512).parts(of: Array(repeating: 128, count: 9))
        #expect(parts[0].map(\.count) == [3, 3, 3])
    }

    @Test func fewerSequencesThanSlicesLeaveSlicesEmpty() {
        let parts = BatchCut(slices: 4, microBatchTokens: 512).parts(of: [9])
        #expect(parts.flatMap { $0 } == [0..<1])
    }
}
