import Autograd
import Bert
import Checkpoints
import Foundation
import Options
import Tensors
import Tokenization

/// A pretrained folder whose weights a pretraining run begins with, for example on longer sequences than it has seen.
public struct PretrainedStart: Sendable {
    let folder: URL
    /// SHA-256 of the weights: part of the run's identity.
    let digest: String
    /// What a user should know of the folder.
    public let notes: CheckpointNotes

    /// - Throws: `CheckpointError` where the folder cannot be read, or has another tokenizer than `tokenizer`.
    public init(_ folder: URL, _ tokenizer: any Tokenizer) throws {
        // What has no model at all is told so, and not of its vocabulary.
        _ = try HuggingFaceConfiguration(of: folder)
        guard try TokenizerFolder.load(folder).fingerprint == tokenizer.fingerprint else {
            throw CheckpointError(folder, "its vocabulary is another than that of the recipe; wanted the same")
        }
        self.folder = folder
        digest = try ModelFolder.digest(folder)
        notes = try CheckpointNotes(folder, unused: [])
    }

    /// Word embeddings in the weights of a folder, whatever its configuration says; 0 where there are none.
    public static func words(in folder: URL) throws -> Int {
        _ = try HuggingFaceConfiguration(of: folder)
        let files = try WeightFiles(of: folder)
        let table = files.names.first { $0.hasSuffix("embeddings.word_embeddings.weight") }
        return table.flatMap { files.shape(of: $0)?.first } ?? 0
    }

    /// What of `encoder` is another than the folder's and no weight tells; nil where nothing is.
    public func change(to encoder: EncoderOptions) throws -> String? {
        let begun = try HuggingFaceConfiguration(of: folder).encoderOptions(folder).attention
        var attention = encoder.attention
        attention.kind.fit(positions: encoder.positions)
        return begun == attention ? nil : "its attention is \(begun); the run goes on with \(attention)"
    }

    /// Reads what the folder has into `weights`, under the names of either family; what only the new model has keeps what it is.
    /// Positions beyond the folder's own repeat them from the first on, so that neighbours go on as neighbours (Beltagy et al. 2020,
    /// section 5).
    ///
    /// - Returns: the names of parameters that the folder does not have.
    /// - Throws: `CheckpointError` where embeddings or blocks are missing or of another shape, or values are no finite numbers, or where
    ///   the folder has other heads, another number of blocks, other norms or another activation.
    func read(into weights: ModelWeights, of objective: some Objective) throws -> [String] {
        let (parameters, layout, encoder) = (weights.parameters, weights.layout, objective.encoder.options)
        let configuration = try HuggingFaceConfiguration(of: folder)
        for (key, begun, wanted) in [
            ("num_attention_heads", configuration.heads, encoder.heads),
            ("num_hidden_layers", configuration.layers, encoder.layers),
        ] where begun != wanted {
            throw CheckpointError(folder, "\(key) is \(begun); the recipe has \(wanted)")
        }
        let begun = try configuration.encoderOptions(folder)
        for (key, begun, wanted) in [
            ("norm", (begun.norm ?? .post).rawValue, (encoder.norm ?? .post).rawValue),
            ("embeddingNorm", "\(begun.embeddingNorm ?? true)", "\(encoder.embeddingNorm ?? true)"),
            ("normEpsilon", Scalar.text(begun.normEpsilon), Scalar.text(encoder.normEpsilon)),
            ("pooling", (begun.pooling ?? .first).rawValue, (encoder.pooling ?? .first).rawValue),
        ] where begun != wanted {
            throw CheckpointError(folder, "model.\(key) is \(begun); the recipe has \(wanted)")
        }
        guard !configuration.usesTanhActivation else {
            throw CheckpointError(folder, "hidden_act is '\(configuration.activation)'; pretraining has 'gelu'")
        }
        let positions = layout.parameters.first { $0.name.hasSuffix("position_embeddings.weight") }
        let missing = try ModelFolder.read(folder, into: parameters, layout, of: begun.family) { parameter in
            if parameter == positions { return .ignored }
            let isOptional =
                parameter.part.isHead || parameter.isOfAttentionAlone || !objective.isSaved(parameter)
            return isOptional ? .optional : .required
        }
        guard let positions else { return missing }
        let (rows, values) = try ModelFolder.rows(of: positions, begun.family, in: folder)
        let (first, width) = (begun.family.firstPosition, positions.columns)
        guard rows > first else { throw CheckpointError(folder, "\(positions.name) has no positions") }
        let table = parameters.view(of: positions)
        for row in 0..<positions.rows {
            let position = row - encoder.family.firstPosition
            // Rows in front of the first position are nobody's.
            let source = position < 0 ? min(row, first) : first + position % (rows - first)
            table.rows(row..<row + 1).copy(from: values[source * width..<(source + 1) * width])
        }
        return missing.filter { $0 != positions.name }
    }
}

extension Parameter {
    /// Of what the attention of the folder may not have: a convolution, a temperature, a filter, projections of keys and values.
    fileprivate var isOfAttentionAlone: Bool {
        guard let own = name.split(separator: ".attention.self.", maxSplits: 1).dropFirst().first else { return false }
        return !["query", "key", "value"].contains { own.hasPrefix("\($0).") }
    }
}

extension ModelPart {
    fileprivate var isHead: Bool {
        if case .head = self { return true }
        return false
    }
}
