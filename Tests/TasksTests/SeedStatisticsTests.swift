import Testing

@testable import Tasks

@Suite struct SeedStatisticsTests {
    @Test func momentsAndInterval() {
        let statistics = SeedStatistics([1, 2, 3, 4, 10])
        #expect(statistics.median == 3 && statistics.mean == 4)
        #expect(abs(statistics.deviation - 12.5.squareRoot()) < 1e-12)
        let interval = statistics.interval
        #expect((1.5...2.5).contains(interval?.low ?? 0) && (6...8).contains(interval?.high ?? 0))
        // Of all 3,125 resamples 2.5% have means up to 1, and 2.5% from 13.4 on; of the 5% quantiles, 1.4 and 12.2.
        let wide = SeedStatistics([0, 1, 3, 7, 20]).interval
        #expect(abs((wide?.low ?? 0) - 1) < 0.3 && abs((wide?.high ?? 0) - 13.4) < 0.5)
        #expect(statistics == SeedStatistics([1, 2, 3, 4, 10]))
        let single = SeedStatistics([0.5])
        #expect(single.median == 0.5 && single.deviation == 0 && single.interval == nil)
        #expect(SeedStatistics([1, 2]).median == 1.5)
        #expect(SeedStatistics([1, 2, 3, 4]).interval == nil)
    }

    /// Quantiles from tables of Student's distribution.
    @Test(arguments: [
        (12.706, 1.0, 0.05), (4.303, 2, 0.05), (2.776, 4, 0.05), (4.604, 4, 0.01), (2.045, 29, 0.05), (0, 7, 1),
    ])
    func tailsOfStudentsDistribution(t: Double, freedom: Double, probability: Double) {
        #expect(abs(PairedComparison.tail(t, freedom: freedom) - probability) < 1e-4)
    }

    @Test func differencesAreJudgedByTheirSpread() {
        let base = [0.60, 0.62, 0.58, 0.61, 0.59]
        let clear = PairedComparison(base.enumerated().map { $1 + 0.02 + 0.001 * Double($0 % 2) }, base)
        #expect(clear.probability < 1e-4 && abs(clear.difference - 0.0204) < 1e-9 && clear.seedsWanted == 2)
        // Effects of 1 and 2 deviations: 10 and 5 by the noncentral t, which the sum of quantiles is close to.
        for (spread, wanted) in [(0.02, 10), (0.01, 5)] {
            let shifts = [-1.0, 1].map { 0.02 + $0 * spread / 2.0.squareRoot() }
            let seeds = PairedComparison([0.6 + shifts[0], 0.7 + shifts[1]], [0.6, 0.7]).seedsWanted ?? 0
            #expect((wanted...wanted + 1).contains(seeds), "\(seeds)")
        }
        let noise = PairedComparison([0.61, 0.60, 0.60, 0.60, 0.59], base)
        #expect(noise.probability > 0.5)
        // √(2/n) of the deviation: hundreds of seeds.
        #expect(noise.difference == 0 || (noise.seedsWanted ?? 0) > 20)
        // Equal differences, which rounding makes a little unequal.
        for (count, probability) in [(2, 0.5), (3, 0.25), (6, 1.0 / 32)] {
            let scores = (0..<count).map { 0.5 + Double($0) / 277 }
            let equal = PairedComparison(scores.map { $0 + 3.0 / 277 }, scores)
            #expect(equal.probability == probability && equal.seedsWanted == 6 && equal.deviation == 0)
        }
        let same = PairedComparison(base, base)
        #expect(same.probability == 1 && same.seedsWanted == nil)
    }
}
