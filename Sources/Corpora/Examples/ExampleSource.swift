import Synchronization
import Tokenization

/// Packed, masked and shuffled pretraining examples: a pure function of (seed, epoch, index), so that a run's place in
/// its data is three numbers and resuming is exact.
///
/// Documents are cut into consecutive runs of tokens, to the full length or, for a share of them, to a shorter one; what
/// is left at the end of a document is an example of its own. Every token occurs exactly once an epoch, and no example
/// crosses documents. Cuts, order and masks are drawn anew every epoch.
public final class ExampleSource: Sendable {
    public enum Part: UInt64, Sendable {
        case training, heldOut
    }

    private let corpus: TokenizedCorpus
    private let runs: [Range<Int>]
    private let options: ExampleOptions
    private let masking: Masking
    private let special: SpecialTokens
    private let continuesWord: [Bool]
    private let key: UInt64
    /// Only one epoch is in use at a time.
    private let plan = Mutex<(epoch: Int, plan: ExamplePlan)?>(nil)

    public init(
        _ corpus: TokenizedCorpus, _ split: CorpusSplit, _ part: Part, _ options: ExampleOptions,
        _ tokenizer: any Tokenizer, seed: UInt64
    ) {
        self.corpus = corpus
        runs = part == .training ? split.training : split.heldOut
        self.options = options
        special = tokenizer.special
        continuesWord = (0..<Int32(tokenizer.vocabularySize)).map(tokenizer.continuesWord)
        masking = Masking(options.masking, tokenizer.special, continuesWord)
        var mixed = RandomSequence(seed, part.rawValue)
        key = mixed.next()
    }

    /// Where less than half of the text lies in documents that fill an example, a line about it; or else nil.
    public var shortage: String? {
        let full = options.length - (options.sentenceOrder ? 3 : 2)
        let lengths = runs.map { corpus.tokens(ofParagraphs: $0).count }
        let (all, long) = (lengths.reduce(0, +), lengths.filter { $0 >= full }.reduce(0, +))
        guard 2 * long < all else { return nil }
        let percent = (100 * Double(long) / Double(all)).rounded()
        return
            "examples.length is \(options.length), but only \(Int(percent))% of the text to learn from lies in documents that long "
            + "(the longest has \(lengths.max() ?? 0) tokens), and no example crosses documents; lower it, or leave out blank lines "
            + "to join documents"
    }

    /// Examples of `epoch`.
    public func count(epoch: Int) -> Int { self[epoch].count }

    /// As of `TokenizedCorpus`.
    public var corpusDigest: String { corpus.digest }

    /// Example `index` of `epoch`, masked.
    ///
    /// - Precondition: `0 <= index < count(epoch:)`.
    public func example(epoch: Int, index: Int) -> PretrainingExample { self[epoch].example(index) }

    /// The examples of an epoch, none of which is made before it is asked for.
    public struct Epoch: Sendable {
        public let number: Int
        fileprivate let plan: ExamplePlan
        fileprivate let source: ExampleSource

        public var count: Int { plan.examples.count }

        /// Tokens of example `index`.
        public func length(_ index: Int) -> Int {
            let count = plan.examples[index].range.count
            return count + (source.isPair(count) ? 3 : 2)
        }

        /// Example `index`, masked.
        public func example(_ index: Int) -> PretrainingExample {
            let range = plan.examples[index].range
            var random = RandomSequence(source.key, 2, UInt64(number), UInt64(index))
            return source.isPair(range.count) ? source.pair(range, &random) : source.single(range, &random)
        }
    }

    public subscript(_ epoch: Int) -> Epoch {
        let plan = plan.withLock { last in
            if let last, last.epoch == epoch { return last.plan }
            let plan = ExamplePlan(corpus, runs, options, key: key, epoch: epoch, end: end)
            last = (epoch, plan)
            return plan
        }
        return Epoch(number: epoch, plan: plan, source: self)
    }

    private func isPair(_ tokens: Int) -> Bool { options.sentenceOrder && tokens > 1 }

    private func single(_ range: Range<Int>, _ random: inout RandomSequence) -> PretrainingExample {
        var ids = started(range)
        corpus.append(range, to: &ids)
        ids.append(special.separator)
        return masking.mask(ids, segments: Array(repeating: 0, count: ids.count), isOrdered: nil, &random)
    }

    private func pair(_ range: Range<Int>, _ random: inout RandomSequence) -> PretrainingExample {
        let middle = cut(range, &random)
        let isOrdered = random.next() & 1 == 0
        let (first, second) = (range.lowerBound..<middle, middle..<range.upperBound)
        var ids = started(range)
        corpus.append(isOrdered ? first : second, to: &ids)
        ids.append(special.separator)
        var segments = [Int32](repeating: 0, count: ids.count)
        corpus.append(isOrdered ? second : first, to: &ids)
        ids.append(special.separator)
        segments += Array(repeating: 1, count: ids.count - segments.count)
        return masking.mask(ids, segments: segments, isOrdered: isOrdered, &random)
    }

    /// `[CLS]`, with room for an example of `range`.
    private func started(_ range: Range<Int>) -> [Int32] {
        var ids: [Int32] = []
        ids.reserveCapacity(range.count + 3)
        ids.append(special.classification)
        return ids
    }

    private var endsAtWords: Bool { options.sentenceOrder && options.pairEnds == .words }

    /// Where an example of the tokens of `range` ends that is not the last one of its document: of pairs at the last boundary of
    /// paragraphs in their last quarter, or else at the last word that begins in it, that its edges are like the one inside.
    private func end(_ range: Range<Int>) -> Int {
        guard endsAtWords, range.count > 3 else { return range.upperBound }
        let quarter = range.upperBound - range.count / 4
        if let boundary = corpus.paragraphStarts(in: quarter...range.upperBound).last { return boundary }
        let ids = corpus.ids(quarter..<range.upperBound + 1)
        return ids.lastIndex { !continuesWord[Int($0)] }.map { quarter + $0 } ?? range.upperBound
    }

    /// Where a pair is divided: the boundary of paragraphs nearest the middle, if one lies in the middle quarter, or else
    /// the first word that begins behind a random place in the middle half. Of pairs that end anywhere both are of the half.
    private func cut(_ range: Range<Int>, _ random: inout RandomSequence) -> Int {
        let quarter = range.count / 4
        let half = range.lowerBound + quarter...range.upperBound - max(1, quarter)
        let near = endsAtWords ? quarter / 2 : 0
        let center = range.lowerBound + range.count / 2
        let random = half.lowerBound + random.below(half.count)
        let candidates = corpus.paragraphStarts(
            in: half.lowerBound + near...max(half.lowerBound + near, half.upperBound - near))
        if let boundary = candidates.min(by: { abs($0 - center) < abs($1 - center) }), boundary > range.lowerBound {
            return boundary
        }
        let ids = corpus.ids(random..<range.upperBound)
        let offset = ids.firstIndex { !continuesWord[Int($0)] } ?? 0
        return max(range.lowerBound + 1, random + offset)
    }
}

extension TokenizedCorpus {
    /// The tokens in `range` at which a paragraph begins.
    func paragraphStarts(in range: ClosedRange<Int>) -> ArraySlice<Int> {
        let first = paragraphStarts.partition { $0 >= range.lowerBound }
        let last = paragraphStarts.partition { $0 > range.upperBound }
        return paragraphStarts[first..<last]
    }
}

extension [Int] {
    /// The first index of an ascending array whose element satisfies `isBehind`.
    func partition(_ isBehind: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
