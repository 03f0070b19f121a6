/// The documents of a corpus, divided into those that are learned from and those that are held out.
///
/// A document goes by a hash of its number, so the division does not depend on the seed of a run. A corpus of a single
/// document is divided by paragraphs: its last ones are held out.
public struct CorpusSplit: Sendable {
    /// Runs of paragraphs that belong together.
    let training: [Range<Int>]
    let heldOut: [Range<Int>]

    /// - Throws: `CorpusError` where the corpus cannot be divided because it is one paragraph.
    public init(_ corpus: TokenizedCorpus, heldOut share: Double) throws {
        let documents = (0..<corpus.documentCount).map {
            corpus.documentStarts[$0]..<corpus.documentStarts[$0 + 1]
        }
        guard documents.count > 1 else {
            let count = corpus.paragraphCount
            guard count > 1 else { throw CorpusError("corpus", "a single paragraph; nothing is left to hold out") }
            let kept = count - max(1, Int((share * Double(count)).rounded()))
            (training, heldOut) = ([0..<kept], [kept..<count])
            return
        }
        let hashes = documents.indices.map { index in
            var random = RandomSequence(0x5EED, UInt64(index))
            return random.uniform()
        }
        // However small the share, there is something to evaluate on.
        let limit = max(share, hashes.min() ?? 0)
        training = documents.indices.filter { hashes[$0] > limit }.map { documents[$0] }
        heldOut = documents.indices.filter { hashes[$0] <= limit }.map { documents[$0] }
        guard !training.isEmpty else { throw CorpusError("corpus", "all of it is held out; lower corpus.heldOut") }
    }
}
