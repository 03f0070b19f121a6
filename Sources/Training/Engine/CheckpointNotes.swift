/// Tensors of a checkpoint that a model does not read.
public struct UnusedTensors: Sendable, Equatable {
    public let names: [String]

    /// Without those that others read in another way: `position_ids` counts up, and a decoder is the tied embeddings.
    init(names: [String]) {
        self.names = names.filter { !$0.hasSuffix("position_ids") && !$0.hasPrefix("cls.predictions.decoder.") }
    }

    /// Without those that begin with one of `prefixes`.
    public func without(_ prefixes: String...) -> UnusedTensors {
        UnusedTensors(names: names.filter { name in !prefixes.contains { name.hasPrefix($0) } })
    }

    /// A line that names them, or how many there are of a kind; nil where there are none.
    public var note: String? {
        guard !names.isEmpty else { return nil }
        let kinds = Dictionary(grouping: names) { $0.split(separator: ".").prefix(2).joined(separator: ".") }
        let texts = kinds.sorted { $0.key < $1.key }.map { kind, names in
            names.count == 1 ? names[0] : "\(names.count) of \(kind)"
        }
        let shown = texts.prefix(8).joined(separator: ", ")
        return "tensors that are not used: \(shown)" + (texts.count > 8 ? " and \(texts.count - 8) kinds more" : "")
    }
}
