import Bert

/// Floating-point operations of an encoder, by its products alone: 2 m n k each, backward twice forward; attention by the pairs of
/// tokens that it compares.
///
/// Recomputation, norms and activations are not counted, nor what the last block is spared (`RowSelection`), so a share
/// of peak by this count is that of work which had to be done.
public struct FloatingPointWork: Sendable {
    private let options: EncoderOptions

    public init(_ options: EncoderOptions) { self.options = options }

    /// The encoder's forward over sequences of these lengths, of which the last block gives the `[CLS]` and `rows` more.
    public func encoder(lengths: [Int], rows: Int = 0) -> Double {
        let kept = lengths.count + rows
        let (width, intermediate) = (Double(options.width), Double(options.intermediate))
        let (projections, rest) = (6 * width * width, 2 * width * (width + 2 * intermediate))
        let tokens = Double(lengths.reduce(0, +))
        let scores = lengths.reduce(0.0) { $0 + 4 * Double(options.attention.pairs(length: $1)) * width }
        return Double(options.layers) * (tokens * projections + scores)
            + (Double(options.layers - 1) * tokens + Double(kept)) * rest
    }
}
