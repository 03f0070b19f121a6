/// What a run learns from, in an order that (epoch, index) alone is a place in: with the seed, all that a run must remember of its
/// data.
public protocol TrainingData<Example> {
    associatedtype Example: TokenSequence

    /// The examples of one step from (`epoch`, `index`) on, which move behind them, and the epoch that logs call theirs.
    func batch(_ size: BatchSize, epoch: inout Int, index: inout Int) -> (examples: [Example], epoch: Int)
    /// The first `count` held-out examples, the same at every evaluation.
    func evaluationExamples(_ count: Int) -> [Example]
    /// The index at which an epoch ends.
    func count(_ size: BatchSize, epoch: Int) -> Int
    /// What fixes the examples, for the run's identity.
    var inputs: [String: String] { get }
}

extension TrainingData {
    /// After how many steps each of so many epochs has ended.
    func ends(_ size: BatchSize, epochs: Int) -> [Int] {
        var (ends, epoch, index, steps) = ([Int](), 0, 0, 0)
        while epoch < epochs {
            _ = batch(size, epoch: &epoch, index: &index)
            steps += 1
            if epoch > ends.count { ends.append(steps) }
        }
        return ends
    }

    /// The mean tokens of the first 200 steps: the same on every machine, so that a budget of tokens is too.
    func meanTokens(ofSteps size: BatchSize) -> Double {
        var (epoch, index, tokens) = (0, 0, 0)
        for _ in 0..<200 {
            tokens += batch(size, epoch: &epoch, index: &index).examples.reduce(0) { $0 + $1.ids.count }
        }
        return Double(tokens) / 200
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
