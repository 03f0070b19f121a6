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
        guard (1...1000).contains(segments) else {
            throw CheckpointError(url, "type_vocab_size is \(segments); wanted 1 to 1000")
        }
        if let labels, Set(labels.values).count < labels.count {
            throw CheckpointError(
                url, "id2label names two labels '\(labels.values.sorted().joined(separator: "', '"))'")
        }
        if let key = labels?.keys.sorted().first(where: { Int($0) == nil }) {
            throw CheckpointError(url, "id2label has the key '\(key)'; wanted numbers")
        }
    }
}
