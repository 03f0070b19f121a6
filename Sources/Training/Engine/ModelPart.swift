import Autograd

/// Where in a model a parameter stands, by its name.
enum ModelPart: Equatable {
    case embeddings
    /// From 0.
    case block(Int)
    /// What stands on the encoder, by the first word of its name.
    case head(String)
}

extension Parameter {
    var part: ModelPart {
        let words = name.split(separator: ".")
        if let layer = words.firstIndex(of: "layer"), layer + 1 < words.count, let index = Int(words[layer + 1]) {
            return .block(index)
        }
        return words.contains("embeddings") ? .embeddings : .head(words.first.map(String.init) ?? name)
    }
}

extension ModelPart: CustomStringConvertible {
    var description: String {
        switch self {
        case .embeddings: "embeddings"
        case .block(let index): "layer \(index)"
        case .head(let name): name
        }
    }
}
