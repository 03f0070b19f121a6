/// The documents of a corpus, divided into those that are learned from and those that are held out.
///
/// A document goes by a hash of its number, so the division does not depend on the seed of a run. A corpus of a single
/// document is divided by paragraphs: its last ones are held out.
public struct CorpusSplit: Sendable {
    /// Runs of paragraphs that belong together.
    let training: [Range<Int>]
    let heldOut: [Range<Int>]

    /// All documents held out, of text that nothing is learned from.
    public init(holdingOut corpus: TokenizedCorpus) {
        (training, heldOut) = ([], Self.documents(of: corpus))
    }

    private static func documents(of corpus: TokenizedCorpus) -> [Range<Int>] {
        (0..<corpus.documentCount).map { corpus.documentStarts[$0]..<corpus.documentStarts[$0 + 1] }
    }

    /// Where much more of `corpus` is held out than `share` of its tokens, a line about it; or else nil. Documents are held out whole,
    /// whatever their lengths, and one of few may be most of the text.
    public func surplus(of corpus: TokenizedCorpus, over share: Double) -> String? {
        let tokens = heldOut.reduce(0) { $0 + corpus.tokens(ofParagraphs: $1).count }
        let part = Double(tokens) / Double(max(1, corpus.tokenCount))
        guard part > 2 * share + 0.05 else { return nil }
        return
            "corpus.heldOut is \(Int((100 * share).rounded()))%, but \(Int((100 * part).rounded()))% of the text is held out, since "
            + "documents are held out whole and these are long; divide it by blank lines, or put it into more files"
    }

    /// - Throws: `CorpusError` where the corpus cannot be divided because it is one paragraph.
    public init(_ corpus: TokenizedCorpus, heldOut share: Double) throws {
        let documents = Self.documents(of: corpus)
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
