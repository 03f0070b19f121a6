import Testing

@testable import Tasks

@Suite struct SeedStatisticsTests {
    @Test func momentsAndInterval() {
        let statistics = SeedStatistics([1, 2, 3, 4, 10])
        #expect(statistics.median == 3 && statistics.mean == 4)
        #expect(abs((statistics.deviation ?? 0) - 12.5.squareRoot()) < 1e-12)
        // As scipy.stats.t.interval(0.95, n - 1, mean, sem).
        let interval = statistics.interval
        #expect(abs((interval?.low ?? 0) + 0.38997) < 1e-4 && abs((interval?.high ?? 0) - 8.38997) < 1e-4)
        let three = SeedStatistics([1, 2, 3]).interval
        #expect(abs((three?.low ?? 0) + 0.48414) < 1e-4 && abs((three?.high ?? 0) - 4.48414) < 1e-4)
        let single = SeedStatistics([0.5])
        #expect(single.median == 0.5 && single.deviation == nil && single.interval == nil)
        #expect(SeedStatistics([1, 2]).median == 1.5)
        #expect(SeedStatistics([1, 2]).interval == nil && SeedStatistics([2, 2, 2]).interval == nil)
    }

    /// Quantiles from tables of Student's distribution.
    @Test(arguments: [
        (12.706, 1.0, 0.05), (4.303, 2, 0.05), (2.776, 4, 0.05), (4.604, 4, 0.01), (2.045, 29, 0.05), (0, 7, 1),
    ])
    func tailsOfStudentsDistribution(t: Double, freedom: Double, probability: Double) {
        #expect(abs(Student.tail(t, freedom: freedom) - probability) < 1e-4)
    }

    /// As 2 scipy.stats.t.sf(t, freedom).
    @Test(arguments: [
        (1000.0, 4.0, 5.999960e-12), (50, 9, 2.568953e-12), (1e5, 2, 9.9999999985e-11), (30, 40, 4.850908e-29),
        (3, 9999, 0.00270645),
    ])
    func smallTailsAreNoRounding(t: Double, freedom: Double, probability: Double) {
        #expect(abs(Student.tail(t, freedom: freedom) / probability - 1) < 1e-4)
    }

    @Test func differencesAreJudgedByTheirSpread() {
        let base = [0.60, 0.62, 0.58, 0.61, 0.59]
        let clear = PairedComparison(base.enumerated().map { $1 + 0.02 + 0.001 * Double($0 % 2) }, base, rows: 10_000)
        #expect(clear.probability < 1e-4 && abs(clear.difference - 0.0204) < 1e-9 && clear.seedsWanted == 2)
        // Effects of 1 and 2 deviations: 10 and 5 by the noncentral t, which the sum of quantiles is close to.
        for (spread, wanted) in [(0.02, 10), (0.01, 5)] {
            let shifts = [-1.0, 1].map { 0.02 + $0 * spread / 2.0.squareRoot() }
            let seeds =
                PairedComparison([0.6 + shifts[0], 0.7 + shifts[1]], [0.6, 0.7], rows: 10_000).seedsWanted ?? 0
            #expect((wanted...wanted + 1).contains(seeds), "\(seeds)")
        }
        let noise = PairedComparison([0.615, 0.60, 0.60, 0.60, 0.59], base, rows: 10_000)
        #expect(noise.probability > 0.5)
        // √(2/n) of the deviation: hundreds of seeds.
        #expect((noise.seedsWanted ?? 0) > 20)
        // Equal differences of three rows in 277, by Student's t with the deviation of rounding: one row more of one seed changes little.
        for (count, probability) in [(2, 0.061071), (3, 0.00611627), (6, 9.72044e-6)] {
            let scores = (0..<count).map { 0.5 + Double($0) / 277 }
            let equal = PairedComparison(scores.map { $0 + 3.0 / 277 }, scores, rows: 277)
            #expect(abs(equal.probability / probability - 1) < 1e-4, "\(equal)")
        }
        let nearly = PairedComparison([3.0, 3, 3, 3, 4].map { $0 / 277 }, [0, 0, 0, 0, 0], rows: 277)
        let equally = PairedComparison([3.0, 3, 3, 3, 3].map { $0 / 277 }, [0, 0, 0, 0, 0], rows: 277)
        #expect(equally.probability < 1e-3 && nearly.probability < 1e-3)
        let same = PairedComparison(base, base, rows: 100)
        #expect(abs(same.probability - 1) < 1e-9 && same.difference == 0 && same.seedsWanted == nil)
        // Means whose difference is rounding alone.
        let level = PairedComparison(
            [239.0, 276, 239, 397, 228].map { $0 / 408 }, [238, 284, 234, 397, 226].map { $0 / 408 }, rows: 408)
        #expect(level.difference == 0 && level.seedsWanted == nil)
    }
}
