import Autograd

/// Embeddings and a stack of blocks: packed tokens to hidden states [tokens, width].
public struct Encoder: Sendable {
    public let options: EncoderOptions
    let embeddings: Embeddings
    /// From the width of the embeddings to that of the blocks, where these are another encoder's.
    private let projection: Dense?
    let blocks: [EncoderBlock]
    /// So many blocks from below, with the embeddings, are computed forward alone: their parameters get no gradients.
    public var frozen = 0
    /// Behind blocks whose norms stand in front.
    private let lastNorm: LayerNorm?

    /// The word embeddings, [vocabulary, width].
    public var words: Parameter { embeddings.words }

    /// Parameters under `bert` or `yoso` of `layout`, as Hugging Face names them.
    ///
    /// - Precondition: `heads` divides `width`.
    public init(_ options: EncoderOptions, _ layout: ParameterLayout, embeddingUses: Int = 1) {
        precondition(options.width % options.heads == 0, "\(options.heads) heads do not divide width \(options.width)")
        self.options = options
        let scope = layout.scope(options.family.rawValue)
        embeddings = Embeddings(options, scope["embeddings"].used(times: embeddingUses))
        projection = nil
        blocks = (0..<options.layers).map { EncoderBlock(options, layer: $0, scope["encoder"]["layer"][$0]) }
        lastNorm =
            options.norm == .pre
            ? LayerNorm(scope["LayerNorm"], width: options.width, epsilon: options.normEpsilon) : nil
    }

    /// One row a sequence, [sequences, width], and those rows as sequences of their own: the first hidden state, or the mean.
    ///
    /// - Parameter pooling: nil for that of `options`.
    public func pooled(
        _ tokens: PackedTokens, by pooling: Pooling? = nil, _ tape: Tape
    ) -> (rows: Variable, layout: BatchLayout) {
        let first = RowSelection(tokens.layout)
        let isMean = (pooling ?? options.pooling) == .mean
        let hidden = self(tokens, tape, keeping: isMean ? nil : first)
        return (isMean ? hidden.meanRows(tokens.layout) : hidden, first.layout)
    }

    /// An encoder of another width on the embeddings of `other`, which a dense layer brings to that width. Where heads begin with a
    /// look at neighbours, positions stay what heads begin to look at: mixed with the words, they hid the neighbours.
    ///
    /// - Precondition: `other` was made with as many uses of its embeddings as there are encoders.
    public init(_ options: EncoderOptions, sharing other: Encoder, _ scope: ParameterScope) {
        self.options = options
        embeddings = other.embeddings
        projection = Dense(
            scope["embeddings_project"], from: other.options.width, to: options.width,
            options.looksAtNeighbours ? .narrowing : options.weights(of: other.options.width),
            options.biases(of: other.options.width))
        blocks = (0..<options.layers).map { EncoderBlock(options, layer: $0, scope["encoder"]["layer"][$0]) }
        lastNorm =
            options.norm == .pre
            ? LayerNorm(scope["LayerNorm"], width: options.width, epsilon: options.normEpsilon) : nil
    }

    /// What the first block reads, [tokens, width].
    private func embedded(_ tokens: PackedTokens, _ tape: Tape) -> Variable {
        let words = embeddings(tokens, tape)
        return projection.map { $0(words) } ?? words
    }

    /// The last hidden states, [tokens, width], or [kept, width] of the rows of `selection` alone; `observe` sees those
    /// after the embeddings and after every block.
    ///
    /// - Precondition: no sequence is longer than `options.positions`.
    public func callAsFunction(
        _ tokens: PackedTokens, _ tape: Tape, keeping selection: RowSelection? = nil,
        observe: (Variable) -> Void = { _ in }
    ) -> Variable {
        var hidden = frozen > 0 ? tape.withoutRecording { embedded(tokens, tape) } : embedded(tokens, tape)
        observe(hidden)
        for (index, block) in blocks.enumerated() {
            let isLast = index == blocks.count - 1
            let kept = isLast ? selection : nil
            if index < frozen {
                hidden = tape.withoutRecording { block(hidden, tokens.layout, keeping: kept) }
            } else if tape.recomputes {
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
        var hidden = embedded(tokens, tape)
        for block in blocks[..<layer] { hidden = block(hidden, tokens.layout) }
        return blocks[layer].projections(hidden)
    }
}
