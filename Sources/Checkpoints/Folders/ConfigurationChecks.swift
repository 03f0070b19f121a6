import Foundation

extension HuggingFaceConfiguration {
    /// The activations that we have: by erf, and by tanh.
    private static let activations = ["gelu", "gelu_python", "gelu_new", "gelu_pytorch_tanh", "gelu_fast"]

    /// Whether GELU is the approximation by tanh.
    public var usesTanhActivation: Bool { !["gelu", "gelu_python"].contains(activation) }

    /// Others call sizes by other keys, which are not missing.
    static func checkType(_ data: Data, _ url: URL) throws {
        guard let type = (try? JSONSerialization.jsonObject(with: data) as? [String: Any])?["model_type"] as? String,
            !["bert", "yoso", ownModelType].contains(type)
        else { return }
        throw CheckpointError(url, "model_type is '\(type)'; wanted 'bert' or 'yoso'")
    }

    func check(_ url: URL) throws {
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
        // PyTorch counts negative ones from the end.
        guard vocabularySize < 1 || (-vocabularySize..<vocabularySize).contains(paddingID) else {
            throw CheckpointError(url, "pad_token_id is \(paddingID); wanted 0 to \(vocabularySize - 1)")
        }
        if let labels, Set(labels.values).count < labels.count {
            throw CheckpointError(
                url, "id2label names two labels '\(labels.values.sorted().joined(separator: "', '"))'")
        }
        try labels.map { try check($0, url) }
        let kinds = ["regression", "single_label_classification", "multi_label_classification"]
        guard kinds.contains(problemType ?? kinds[0]) else {
            throw CheckpointError(
                url, "problem_type is '\(problemType ?? "")'; wanted \(kinds.joined(separator: ", "))")
        }
        if let names = labelNames, names.count > 1, problemType == kinds[0] {
            throw CheckpointError(url, "problem_type is '\(kinds[0])' of \(names.count) values; wanted one")
        }
    }

    /// Names by ids, and ids by names where they are said too.
    private func check(_ labels: [String: String], _ url: URL) throws {
        if let key = labels.keys.sorted().first(where: { Int($0).map(String.init) != $0 }) {
            throw CheckpointError(url, "id2label has the key '\(key)'; wanted numbers")
        }
        let ids = Set(labels.keys.compactMap { Int($0) })
        guard ids == Set(0..<labels.count) else {
            throw CheckpointError(url, "id2label does not have the ids 0 to \(labels.count - 1), each once")
        }
        guard let labelIDs, labelIDs.count == labels.count else { return }
        if let name = labelIDs.keys.sorted().first(where: { name in
            labels.values.contains(name) && labelIDs[name].flatMap { labels["\($0)"] } != name
        }) {
            throw CheckpointError(url, "label2id gives '\(name)' the id \(labelIDs[name] ?? 0), id2label another")
        }
    }
}
