import Checkpoints
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

    public func next(_ size: BatchSize, epoch: inout Int, index: inout Int) -> FoundBatch<PretrainingExample> {
        var (pieces, source) = ([(epoch: ExampleSource.Epoch, range: Range<Int>)](), training[epoch])
        var (sequences, tokens, first) = (0, 0, index)
        while !size.isReached(sequences: sequences, tokens: tokens) {
            if index == source.count {
                pieces.append((source, first..<index))
                (epoch, index, first) = (epoch + 1, 0, 0)
                source = training[epoch]
            }
            tokens += source.length(index)
            (index, sequences) = (index + 1, sequences + 1)
        }
        pieces.append((source, first..<index))
        return FoundBatch(epoch: epoch + 1, tokens: tokens) { [pieces] in
            pieces.flatMap { epoch, range in range.map(epoch.example) }
        }
    }

    public func evaluationExamples(_ count: Int) -> [PretrainingExample] {
        (0..<min(count, heldOutCount)).map { heldOut.example(epoch: 0, index: $0) }
    }

    public var heldOutCount: Int { heldOut.count(epoch: 0) }

    public func count(_ size: BatchSize, epoch: Int) -> Int { training.count(epoch: epoch) }

    public var inputs: [String: String] { ["text": digest, RunState.textOrder: training.corpusDigest] }
}
