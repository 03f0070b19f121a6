import Corpora

/// The examples of a run: what it learns from, and what is held out.
public struct PretrainingData: TrainingData {
    public let training: ExampleSource
    public let heldOut: ExampleSource
    /// How often each id occurs in the training text.
    public let tokenCounts: [Int]

    public init(training: ExampleSource, heldOut: ExampleSource, tokenCounts: [Int]) {
        self.training = training
        self.heldOut = heldOut
        self.tokenCounts = tokenCounts
    }

    public func batch(
        _ size: BatchSize, epoch: inout Int, index: inout Int
    ) -> (examples: [PretrainingExample], epoch: Int) {
        var examples: [PretrainingExample] = []
        var tokens = 0
        while !size.isReached(sequences: examples.count, tokens: tokens) {
            if index == training.count(epoch: epoch) { (epoch, index) = (epoch + 1, 0) }
            let example = training.example(epoch: epoch, index: index)
            index += 1
            tokens += example.ids.count
            examples.append(example)
        }
        return (examples, epoch)
    }

    public func evaluationExamples(_ count: Int) -> [PretrainingExample] {
        (0..<min(count, heldOut.count(epoch: 0))).map { heldOut.example(epoch: 0, index: $0) }
    }

    public func count(_ size: BatchSize, epoch: Int) -> Int { training.count(epoch: epoch) }

    public var inputs: [String: String] { ["text": digest] }
}
