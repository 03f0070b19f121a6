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

    /// Where held-out documents with a hundredth of the held-out tokens or more are learned from too, a line about them; or else nil.
    /// Short ones are alike by chance. Of a document all tokens are looked at only where one of its length begins like it.
    public func copies(in corpus: TokenizedCorpus) -> String? {
        func beginning(_ tokens: Range<Int>) -> Int {
            var hasher = Hasher()
            hasher.combine(tokens.count)
            hasher.combine(corpus.ids(tokens.lowerBound..<tokens.lowerBound + Self.least))
            return hasher.finalize()
        }
        func documents(_ parts: [Range<Int>]) -> some Sequence<Range<Int>> {
            parts.lazy.map { corpus.tokens(ofParagraphs: $0) }.filter { $0.count >= Self.least }
        }
        var (beginnings, unseen) = (Set<Int>(), [Int: (documents: Int, tokens: Int)]())
        for tokens in documents(heldOut) {
            beginnings.insert(beginning(tokens))
            let whole = corpus.ids(tokens).hashValue
            let known = unseen[whole] ?? (0, 0)
            unseen[whole] = (known.documents + 1, known.tokens + tokens.count)
        }
        var (found, count) = (0, 0)
        for tokens in documents(training) where beginnings.contains(beginning(tokens)) {
            guard let copies = unseen.removeValue(forKey: corpus.ids(tokens).hashValue) else { continue }
            (found, count) = (found + copies.documents, count + copies.tokens)
        }
        let all = heldOut.reduce(0) { $0 + corpus.tokens(ofParagraphs: $1).count }
        guard found > 0, 100 * count >= all else { return nil }
        return
            "\(found) of \(heldOut.count) held-out documents are learned from too, in copies; held-out figures are "
            + "better than of new text"
    }

    /// Tokens of a document that is looked at by `copies`.
    private static let least = 32

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
