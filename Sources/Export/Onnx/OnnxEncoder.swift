import Bert

/// An encoder and its heads in operators of ONNX, as `Encoder`, `EncoderBlock`, `MaskedLanguageModelHead` and
/// `ClassificationModel` compute them.
struct OnnxEncoder {
    typealias Value = OnnxGraph.Value

    let options: EncoderOptions
    let attention: OnnxAttention
    let graph: OnnxGraph

    private var family: String { options.family.rawValue }
    private var isPre: Bool { options.norm == .pre }

    /// The last hidden states, [batch, length, width].
    func hidden() -> Value {
        var hidden = embeddings()
        for layer in 0..<options.layers { hidden = block(hidden, "\(family).encoder.layer.\(layer)") }
        return isPre ? norm(hidden, "\(family).LayerNorm") : hidden
    }

    private func embeddings() -> Value {
        func table(_ name: String) -> Value { graph.weight("\(family).embeddings.\(name)_embeddings.weight") }
        let length = graph("Shape", OnnxModel.ids, with: [.int("start", 1), .int("end", 2)])
        let first = graph.integers(options.family.firstPosition)
        let positions = graph(
            "Slice", table("position"), first, graph("Add", first, length), graph.integers(0))
        let words = graph("Gather", table("word"), OnnxModel.ids)
        let segments = graph("Gather", table("token_type"), OnnxModel.segments)
        let sum = graph("Add", graph("Add", words, positions), segments)
        return options.embeddingNorm == false ? sum : norm(sum, "\(family).embeddings.LayerNorm")
    }

    private func block(_ x: Value, _ scope: String) -> Value {
        let attentionNorm = "\(scope).attention.\(isPre ? "" : "output.")LayerNorm"
        let outputNorm = "\(scope).\(isPre ? "intermediate" : "output").LayerNorm"
        func attended(_ x: Value) -> Value {
            let context = attention.output(x, "\(scope).attention.self", options, graph)
            return graph.linear(context, "\(scope).attention.output.dense")
        }
        func expanded(_ x: Value) -> Value {
            let inner = graph.gelu(graph.linear(x, "\(scope).intermediate.dense"), options.activation)
            return graph.linear(inner, "\(scope).output.dense")
        }
        if isPre {
            let middle = graph("Add", x, attended(norm(x, attentionNorm)))
            return graph("Add", middle, expanded(norm(middle, outputNorm)))
        }
        let middle = norm(graph("Add", x, attended(x)), attentionNorm)
        return norm(graph("Add", middle, expanded(middle)), outputNorm)
    }

    /// Logits of the words of every token, [batch, length, vocabulary].
    func words(_ hidden: Value, as name: String) -> Value {
        let scope = "cls.predictions"
        let inner = graph.gelu(graph.linear(hidden, "\(scope).transform.dense"), options.activation)
        let words = graph.transposed("\(family).embeddings.word_embeddings.weight")
        return graph(
            "Add", graph("MatMul", norm(inner, "\(scope).transform.LayerNorm"), words), graph.weight("\(scope).bias"),
            as: name)
    }

    /// Logits of the classes of every sequence, [batch, classes].
    func classes(_ hidden: Value, as name: String) -> Value {
        let pooled = pooled(hidden)
        let inner =
            options.hasPooler
            ? graph("Tanh", graph.linear(pooled, "\(family).pooler.dense"))
            : graph.gelu(graph.linear(pooled, "classifier.dense"), options.activation)
        return graph(
            "Identity", graph.linear(inner, options.hasPooler ? "classifier" : "classifier.out_proj"), as: name)
    }

    /// The first hidden state of every sequence, or the mean of all that are of tokens.
    private func pooled(_ hidden: Value) -> Value {
        guard options.pooling == .mean else {
            let first = graph("Slice", hidden, graph.integers(0), graph.integers(1), graph.integers(1))
            return graph("Squeeze", first, graph.integers(1))
        }
        let mask = graph("Reshape", graph.mask, graph.integers(0, -1, 1))
        let sums = graph(
            "ReduceSum", graph("Mul", hidden, mask), graph.integers(1), with: [.int("keepdims", 0)])
        return graph("Div", sums, graph("ReduceSum", mask, graph.integers(1), with: [.int("keepdims", 0)]))
    }

    private func norm(_ x: Value, _ scope: String) -> Value { graph.norm(x, scope, epsilon: options.normEpsilon) }
}
