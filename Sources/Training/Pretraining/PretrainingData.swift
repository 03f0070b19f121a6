import Corpora
import Tokenization

/// The examples of a run: what it learns from, and what is held out.
public struct PretrainingData: Sendable {
    public let training: ExampleSource
    public let heldOut: ExampleSource
    /// How often each id occurs in the training text.
    public let tokenCounts: [Int]

    public init(training: ExampleSource, heldOut: ExampleSource, tokenCounts: [Int]) {
        self.training = training
        self.heldOut = heldOut
        self.tokenCounts = tokenCounts
    }

    /// The examples of one step from (`epoch`, `index`) on, which move behind them: with the seed, all that a run must
    /// remember of its data.
    func batch(_ size: BatchSize, epoch: inout Int, index: inout Int) -> [PretrainingExample] {
        var examples: [PretrainingExample] = []
        var tokens = 0
        while !size.isReached(sequences: examples.count, tokens: tokens) {
            if index == training.count(epoch: epoch) { (epoch, index) = (epoch + 1, 0) }
            let example = training.example(epoch: epoch, index: index)
            index += 1
            tokens += example.ids.count
            examples.append(example)
        }
        return examples
    }

    /// The mean tokens of the first 200 steps: the same on every machine, so that a budget of tokens is too.
    func meanTokens(ofSteps size: BatchSize) -> Double {
        var (epoch, index, tokens) = (0, 0, 0)
        for _ in 0..<200 { tokens += batch(size, epoch: &epoch, index: &index).reduce(0) { $0 + $1.ids.count } }
        return Double(tokens) / 200
    }

    /// The first `count` held-out examples, the same at every evaluation.
    func evaluationExamples(_ count: Int) -> [PretrainingExample] {
        (0..<min(count, heldOut.count(epoch: 0))).map { heldOut.example(epoch: 0, index: $0) }
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
