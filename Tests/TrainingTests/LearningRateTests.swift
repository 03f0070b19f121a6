import Testing
import Training

@Suite struct LearningRateTests {
    @Test func warmsUpAndFallsLinearlyToZero() {
        let schedule = ScheduleOptions(shape: .linear, warmup: .steps(4))
        let factors = (0...10).map { schedule.factor(step: $0, of: 10) }
        let expected: [Float] = [0.25, 0.5, 0.75, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0]
        for (factor, wanted) in zip(factors, expected) { #expect(abs(factor - wanted) < 1e-6) }
    }

    @Test func cosineHalvesInTheMiddle() {
        let schedule = ScheduleOptions(shape: .cosine, warmup: .share(0))
        #expect(schedule.factor(step: 0, of: 100) == 1)
        #expect(abs(schedule.factor(step: 50, of: 100) - 0.5) < 1e-6)
        #expect(schedule.factor(step: 100, of: 100) < 1e-6)
    }

    @Test func constantStaysAfterWarmUp() {
        let schedule = ScheduleOptions(shape: .constant, warmup: .share(0.1))
        #expect(schedule.factor(step: 0, of: 20) == 0.5)
        #expect((2..<20).allSatisfy { schedule.factor(step: $0, of: 20) == 1 })
    }

    @Test func warmUpIsAShareOrANumberOfSteps() {
        #expect(ScheduleOptions(warmup: .share(0.06)).warmupSteps(of: 1000) == 60)
        #expect(ScheduleOptions(warmup: .steps(500)).warmupSteps(of: 100) == 500)
        #expect(ScheduleOptions(warmup: .steps(500)).factor(step: 99, of: 100) == 0.2)
    }
}
