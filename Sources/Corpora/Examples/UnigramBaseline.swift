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
                for id in corpus.ids(corpus.tokens(ofParagraphs: run)) { counts[Int(id)] += 1 }
            }
        }
        let (training, heldOut) = (counts(split.training), counts(split.heldOut))
        let best = training.indices.max { (training[$0], -$0) < (training[$1], -$1) } ?? 0
        token = Int32(best)
        self.counts = training
        accuracy = Double(heldOut[best]) / Double(max(1, heldOut.reduce(0, +)))
    }
}
