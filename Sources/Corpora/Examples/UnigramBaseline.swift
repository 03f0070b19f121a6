/// What a model without context could do: always guess the most frequent token of the training part.
public struct UnigramBaseline: Sendable, Equatable {
    public let token: Int32
    /// The share of the held-out tokens that are this token.
    public let accuracy: Double
    /// How often each id occurs in the training part.
    public let counts: [Int]

    public init(_ corpus: TokenizedCorpus, _ split: CorpusSplit, vocabularySize: Int) {
        func counts(_ runs: [Range<Int>]) -> [Int] {
            runs.reduce(into: [Int](repeating: 0, count: vocabularySize)) { counts, run in
                let tokens = corpus.tokens(ofParagraphs: run)
                // Of a corpus that is one document they are not taken into memory all at once.
                for first in stride(from: tokens.lowerBound, to: tokens.upperBound, by: 1 << 16) {
                    for id in corpus.ids(first..<min(first + 1 << 16, tokens.upperBound)) { counts[Int(id)] += 1 }
                }
            }
        }
        let (training, heldOut) = (counts(split.training), counts(split.heldOut))
        let best = training.indices.max { (training[$0], -$0) < (training[$1], -$1) } ?? 0
        token = Int32(best)
        self.counts = training
        accuracy = Double(heldOut[best]) / Double(max(1, heldOut.reduce(0, +)))
    }
}
