import Autograd
import Bert
import Corpora

extension PretrainingBatch {
    /// Packs `examples`, of which the first is sequence `first` of the whole step.
    public init(_ examples: ArraySlice<PretrainingExample>) {
        let layout = BatchLayout(lengths: examples.map(\.ids.count), keys: examples.indices.map(UInt64.init))
        let pairs = zip(layout.offsets, examples)
        let ordered = examples.enumerated().filter { $0.element.isOrdered != nil }
        self.init(
            tokens: PackedTokens(
                ids: examples.flatMap(\.ids), segments: examples.flatMap(\.segments), layout: layout),
            maskedRows: pairs.flatMap { offset, example in example.maskedPositions.map { $0 + Int32(offset) } },
            maskedLabels: examples.flatMap(\.maskedLabels),
            orderSequences: ordered.map { Int32($0.offset) },
            // As ALBERT: 0 for segments in order, 1 for swapped ones.
            orderLabels: ordered.map { $0.element.isOrdered == true ? 0 : 1 })
    }
}

extension PretrainingWeights {
    /// One over the number of masked tokens and of pairs of the whole step.
    public init(of examples: [PretrainingExample]) {
        self.init(
            maskedCount: examples.reduce(0) { $0 + $1.maskedLabels.count },
            orderCount: examples.count { $0.isOrdered != nil })
    }
}
