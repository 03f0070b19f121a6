/// What the numbers of attentions may be, in recipes and in the configurations of checkpoints.
public enum AttentionRanges {
    public static let hashes = 1...65535
    public static let hashBits = 1...16
    public static let kernelBits = 1...64
    public static let pairs = 1...65535
    public static let features = 1...4096
    public static let rank = 1...4096
    public static let length = 1...1_000_000
    public static let landmarks = 1...4096
    public static let window = 1...1_000_000
    public static let blocks = 1...1_000_000
    public static let filterOrder = 1...100
    public static let convolution = 1...1023
}

extension AttentionChoice {
    /// What stands against this choice for heads of `headWidth`, by the key of a recipe below `model`.
    public func problems(headWidth: Int) -> [(key: String, text: String)] {
        switch self {
        case .softmax, .normalizedSoftmax, .none, .linear: return []
        case .yosoExpectation(let options): return Self.range("bits", options.bits, AttentionRanges.kernelBits)
        case .yoso(let options):
            let numbers: [(key: String, value: Int?, range: ClosedRange<Int>)] = [
                ("hashes", options.hashes, AttentionRanges.hashes), ("bits", options.bits, AttentionRanges.hashBits),
                ("evaluationHashes", options.evaluationHashes, AttentionRanges.hashes),
                ("kernelBits", options.kernelBits, AttentionRanges.kernelBits),
                ("pairs", options.pairs, AttentionRanges.pairs),
            ]
            let beyond = numbers.flatMap { key, value, range in value.map { Self.range(key, $0, range) } ?? [] }
            // What they mean together can be said of numbers within their ranges alone.
            return beyond.isEmpty ? options.problems(headWidth: headWidth) : beyond
        case .performer(let features): return Self.range("features", features, AttentionRanges.features)
        case .linformer(let rank, let length):
            return Self.range("rank", rank, AttentionRanges.rank) + Self.range("length", length, AttentionRanges.length)
        case .nystrom(let landmarks): return Self.range("landmarks", landmarks, AttentionRanges.landmarks)
        case .local(let window): return Self.range("window", window, AttentionRanges.window)
        case .mra(let blocks, _): return Self.range("blocks", blocks, AttentionRanges.blocks)
        case .convolved(let width, let inner):
            let range = Self.range("convolution", width, AttentionRanges.convolution)
            if range.isEmpty, width % 2 == 0 { return [("attention.convolution", "is \(width); wanted an odd width")] }
            guard !inner.isConvolvedOrFiltered else {
                return [("attention.convolution", "stands beside another one or a filter; wanted a plain attention")]
            }
            return range + inner.problems(headWidth: headWidth)
        case .gfsa(let order, let inner):
            if case .gfsa = inner { return [("filterOrder", "stands over another filter; wanted one")] }
            let isRange = AttentionRanges.filterOrder.contains(order)
            return (isRange ? [] : [("filterOrder", "is \(order); wanted \(Self.words(AttentionRanges.filterOrder))")])
                + inner.problems(headWidth: headWidth)
        }
    }

    private var isConvolvedOrFiltered: Bool {
        switch self {
        case .convolved, .gfsa: true
        default: false
        }
    }

    private static func range(_ key: String, _ value: Int, _ range: ClosedRange<Int>) -> [(key: String, text: String)] {
        range.contains(value) ? [] : [("attention.\(key)", "is \(value); wanted \(words(range))")]
    }

    private static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }
}

extension YosoOptions {
    /// The hashes of evaluation, where they are others than those of training.
    var evaluationHashes: Int? {
        guard case .sampled(let count?) = evaluation else { return nil }
        return count
    }
}
