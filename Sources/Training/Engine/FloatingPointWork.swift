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
        let (tokens, kept) = (Double(lengths.reduce(0, +)), Double(lengths.count + rows))
        let spared = blocks(options.layers, lengths: lengths) - (tokens - kept) * dense
        guard options.attention.comparesAskedRowsAlone, rows + lengths.count < Int(tokens) else { return spared }
        // Of the others as many in every sequence, as masked words are.
        let unread = (tokens - kept) / (tokens - Double(lengths.count))
        return spared
            - lengths.reduce(0.0) { $0 + unread * scores(length: $1) * Double($1 - 1) / Double($1) }
    }

    /// That of so many blocks, all of whose rows are read.
    func blocks(_ count: Int, lengths: [Int]) -> Double {
        let (tokens, width) = (Double(lengths.reduce(0, +)), Double(options.width))
        let scores = lengths.reduce(0.0) { $0 + self.scores(length: $1) }
        return Double(count) * (tokens * (6 * width * width + dense) + scores)
    }

    /// What a block compares in a sequence, all of whose rows ask.
    private func scores(length: Int) -> Double {
        4 * Double(options.attention.pairs(length: length)) * Double(options.width)
    }

    /// What a block does for a token behind its heads.
    private var dense: Double { 2 * Double(options.width) * Double(options.width + 2 * options.intermediate) }
}
