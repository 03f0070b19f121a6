import Foundation

extension HuggingFaceConfiguration {
    /// The activations that we have: by erf, and by tanh.
    private static let activations = ["gelu", "gelu_python", "gelu_new", "gelu_pytorch_tanh", "gelu_fast"]

    /// Whether GELU is the approximation by tanh.
    public var usesTanhActivation: Bool { !["gelu", "gelu_python"].contains(activation) }

    func check(_ url: URL) throws {
        guard ["bert", "yoso", Self.ownModelType].contains(modelType) else {
            throw CheckpointError(url, "model_type is '\(modelType)'; wanted 'bert' or 'yoso'")
        }
        guard Self.activations.contains(activation) else {
            throw CheckpointError(
                url, "hidden_act is '\(activation)'; wanted \(Self.activations.joined(separator: ", "))")
        }
        guard (positionEmbedding ?? "absolute") == "absolute" else {
            throw CheckpointError(url, "position_embedding_type is '\(positionEmbedding ?? "")'; wanted 'absolute'")
        }
        // As recipes have it; a size far beyond would end in no memory.
        for (key, value, most) in [
            ("vocab_size", vocabularySize, 10_000_000), ("hidden_size", width, 65536),
            ("num_hidden_layers", layers, 1000), ("num_attention_heads", heads, 1024),
            ("intermediate_size", intermediate, 1_000_000), ("max_position_embeddings", positions, 1_000_000),
            ("type_vocab_size", segments, 1000),
        ] where !(1...most).contains(value) {
            throw CheckpointError(url, "\(key) is \(value); wanted 1 to \(most)")
        }
        for (key, value, range) in [
            ("layer_norm_eps", normEpsilon, 1e-30...1.0), ("hidden_dropout_prob", dropout, 0...0.99),
            ("attention_probs_dropout_prob", attentionDropout, 0...0.99),
            ("classifier_dropout", classifierDropout ?? 0, 0...0.99), ("initializer_range", initializerRange, 0...10),
        ] where !range.contains(value) {
            throw CheckpointError(url, "\(key) is \(value); wanted \(range.lowerBound) to \(range.upperBound)")
        }
        if let labels, Set(labels.values).count < labels.count {
            throw CheckpointError(
                url, "id2label names two labels '\(labels.values.sorted().joined(separator: "', '"))'")
        }
        if let key = labels?.keys.sorted().first(where: { Int($0) == nil }) {
            throw CheckpointError(url, "id2label has the key '\(key)'; wanted numbers")
        }
        guard width % heads == 0 else {
            throw CheckpointError(url, "\(heads) attention heads do not divide hidden_size \(width)")
        }
    }
}
