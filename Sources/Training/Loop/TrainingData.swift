/// What a run learns from, in an order that (epoch, index) alone is a place in: with the seed, all that a run must remember of its
/// data.
public protocol TrainingData<Example> {
    associatedtype Example: TokenSequence

    /// The examples of one step from (`epoch`, `index`) on, which move behind them.
    func next(_ size: BatchSize, epoch: inout Int, index: inout Int) -> FoundBatch<Example>
    /// The first `count` held-out examples, the same at every evaluation.
    func evaluationExamples(_ count: Int) -> [Example]
    /// How many of them there are.
    var heldOutCount: Int { get }
    /// The index at which an epoch ends.
    func count(_ size: BatchSize, epoch: Int) -> Int
    /// What fixes the examples, for the run's identity.
    var inputs: [String: String] { get }
}

/// The examples of one step, of which it is known where they lie: to find them takes a thousandth of the time of making them.
public struct FoundBatch<Example>: Sendable {
    /// That logs call theirs.
    public let epoch: Int
    public let tokens: Int
    /// The examples, the same on any thread.
    public let make: @Sendable () -> [Example]
}

extension TrainingData {
    /// After how many steps each of so many epochs has ended.
    func ends(_ size: BatchSize, epochs: Int) -> [Int] {
        var (ends, epoch, index, steps) = ([Int](), 0, 0, 0)
        while epoch < epochs {
            _ = next(size, epoch: &epoch, index: &index)
            steps += 1
            if epoch > ends.count { ends.append(steps) }
        }
        return ends
    }

    /// The mean tokens of the first 200 steps, or of those of 1,000 epochs: the same on every machine, so that a budget of tokens is
    /// too.
    func meanTokens(ofSteps size: BatchSize) -> Double {
        var (epoch, index, tokens, steps) = (0, 0, 0, 0)
        while steps < 200, epoch < 1000 {
            tokens += next(size, epoch: &epoch, index: &index).tokens
            steps += 1
        }
        return Double(tokens) / Double(steps)
    }
}

extension BatchSize {
    func isReached(sequences: Int, tokens: Int) -> Bool {
        switch self {
        case .sequences(let count): sequences >= count
        case .tokens(let count): tokens >= count
        }
    }
}
