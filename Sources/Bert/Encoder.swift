import Autograd

/// Embeddings and a stack of blocks: packed tokens to hidden states [tokens, width].
public struct Encoder: Sendable {
    public let options: EncoderOptions
    let embeddings: Embeddings
    let blocks: [EncoderBlock]
    /// Behind blocks whose norms stand in front.
    private let lastNorm: LayerNorm?

    /// Parameters under `bert` or `yoso` of `layout`, as Hugging Face names them.
    ///
    /// - Precondition: `heads` divides `width`.
    public init(_ options: EncoderOptions, _ layout: ParameterLayout) {
        precondition(options.width % options.heads == 0, "\(options.heads) heads do not divide width \(options.width)")
        self.options = options
        let scope = layout.scope(options.family.rawValue)
        embeddings = Embeddings(options, scope["embeddings"])
        blocks = (0..<options.layers).map { EncoderBlock(options, scope["encoder"]["layer"][$0]) }
        lastNorm =
            options.norm == .pre
            ? LayerNorm(scope["LayerNorm"], width: options.width, epsilon: options.normEpsilon) : nil
    }

    /// One row a sequence, [sequences, width], and those rows as sequences of their own: the first hidden state, or the mean.
    func pooled(_ tokens: PackedTokens, _ tape: Tape) -> (rows: Variable, layout: BatchLayout) {
        let first = RowSelection(tokens.layout)
        let isMean = options.pooling == .mean
        let hidden = self(tokens, tape, keeping: isMean ? nil : first)
        return (isMean ? hidden.meanRows(tokens.layout) : hidden, first.layout)
    }

    /// The last hidden states, [tokens, width], or [kept, width] of the rows of `selection` alone; `observe` sees those
    /// after the embeddings and after every block.
    ///
    /// - Precondition: no sequence is longer than `options.positions`.
    public func callAsFunction(
        _ tokens: PackedTokens, _ tape: Tape, keeping selection: RowSelection? = nil,
        observe: (Variable) -> Void = { _ in }
    ) -> Variable {
        var hidden = embeddings(tokens, tape)
        observe(hidden)
        for (index, block) in blocks.enumerated() {
            let isLast = index == blocks.count - 1
            let kept = isLast ? selection : nil
            if tape.recomputes {
                hidden = hidden.recomputing { block($0, tokens.layout, keeping: kept) }
            } else {
                hidden = block(hidden, tokens.layout, keeping: kept)
            }
            observe(hidden)
        }
        return lastNorm.map { $0(hidden) } ?? hidden
    }

    /// The fused projections q | k | v that layer `layer` (from 0) attends over, [tokens, 3 · width].
    ///
    /// - Precondition: there is such a layer, and no sequence is longer than `options.positions`.
    public func projections(_ tokens: PackedTokens, layer: Int, _ tape: Tape) -> Variable {
        var hidden = embeddings(tokens, tape)
        for block in blocks[..<layer] { hidden = block(hidden, tokens.layout) }
        return blocks[layer].projections(hidden)
    }
}
