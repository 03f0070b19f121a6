import Testing

@testable import Training

@Suite struct StepHeadTests {
    /// Of what is left, at the speed of what is done.
    @Test func whatIsLeftTakesAsLongAsWhatWasDone() {
        let head = StepHead(
            step: 25, totalSteps: 100, epoch: 1, loss: 1, rate: 1, gradientNorm: 1, tokens: nil, totalTokens: nil,
            rowsPerSecond: nil, tokensPerSecond: 1, shareOfPeak: nil, memoryBytes: nil,
            seconds: 50)
        #expect(head.secondsLeft == 150)
    }
}
