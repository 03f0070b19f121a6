import Autograd
import Bert
import Corpora

/// An example as an encoder takes it.
public protocol TokenSequence: Sendable {
    var ids: [Int32] { get }
    /// 0 for the first segment, 1 for the second; as long as `ids`.
    var segments: [Int32] { get }
}

extension PretrainingExample: TokenSequence {}

/// The examples of one pass, packed.
public struct Batch<Example: TokenSequence>: Sendable {
    public let examples: [Example]
    public let tokens: PackedTokens

    /// - Parameter keys: tell the random numbers of the examples apart: their places in the whole step, so that dropout does not
    ///   depend on how it is cut.
    public init(_ examples: [Example], keys: [UInt64]) {
        self.examples = examples
        tokens = PackedTokens(
            ids: examples.joined(\.ids), segments: examples.joined(\.segments),
            layout: BatchLayout(lengths: examples.map(\.ids.count), keys: keys))
    }
}

extension Array {
    /// `part` of all elements behind one another. A step has a thousand of them, and `flatMap` grows as it goes.
    func joined(_ part: (Element) -> [Int32]) -> [Int32] {
        var joined: [Int32] = []
        joined.reserveCapacity(reduce(0) { $0 + part($1).count })
        for element in self { joined.append(contentsOf: part(element)) }
        return joined
    }
}

extension BatchCut {
    /// The micro-batches of every slice of a step, or of a shard of one.
    public func batches<Example>(of examples: [Example], in shard: Range<Int>? = nil) -> [[Batch<Example>]] {
        parts(of: examples.map(\.ids.count), in: shard).map { slice in
            slice.map { Batch(Array(examples[$0]), keys: $0.map(UInt64.init)) }
        }
    }
}
