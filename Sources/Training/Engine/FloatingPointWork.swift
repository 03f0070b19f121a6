import Bert

/// Floating-point operations of a step, by the products of the model alone: 2 m n k each, backward twice forward;
/// attention by the pairs of tokens that it compares.
///
/// Recomputation, norms and activations are not counted, nor what the last block is spared (`RowSelection`), so a share
/// of peak by this count is that of work which had to be done.
public struct FloatingPointWork: Sendable {
    private let options: EncoderOptions

    public init(_ options: EncoderOptions) { self.options = options }

    /// Forward and backward over sequences of these lengths with `masked` predicted tokens in all.
    public func pretrainingStep(lengths: [Int], masked: Int) -> Double {
        let (width, vocabulary) = (Double(options.width), Double(options.vocabulary))
        let head = 2 * Double(masked) * width * (width + vocabulary)
        return 3 * (encoder(lengths: lengths, kept: lengths.count + masked) + head)
    }

    /// Forward over sequences of these lengths, one row of each kept.
    public func classification(lengths: [Int]) -> Double { encoder(lengths: lengths, kept: lengths.count) }

    /// The encoder's forward, where the last block gives `kept` rows.
    private func encoder(lengths: [Int], kept: Int) -> Double {
        let (width, intermediate) = (Double(options.width), Double(options.intermediate))
        let (projections, rest) = (6 * width * width, 2 * width * (width + 2 * intermediate))
        let tokens = Double(lengths.reduce(0, +))
        let scores = lengths.reduce(0.0) { $0 + 4 * Double(options.attention.pairs(length: $1)) * width }
        return Double(options.layers) * (tokens * projections + scores)
            + (Double(options.layers - 1) * tokens + Double(kept)) * rest
    }
}
