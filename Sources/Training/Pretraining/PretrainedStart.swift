import Attention
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

    /// - Throws: `CheckpointError` where the folder cannot be read, or has another tokenizer than `tokenizer`.
    public init(_ folder: URL, _ tokenizer: any Tokenizer) throws {
        // What has no model at all is told so, and not of its vocabulary.
        _ = try HuggingFaceConfiguration(of: folder)
        guard try TokenizerFolder.load(folder).fingerprint == tokenizer.fingerprint else {
            throw CheckpointError(folder, "its vocabulary is another than that of the recipe; wanted the same")
        }
        self.folder = folder
        digest = try ModelFolder.digest(folder)
    }

    /// Word embeddings in the weights of a folder, whatever its configuration says; 0 where there are none.
    ///
    /// - Throws: `CheckpointError` where it has no table of words.
    public static func words(in folder: URL) throws -> Int {
        _ = try HuggingFaceConfiguration(of: folder)
        let files = try WeightFiles(of: folder)
        let table = files.names.first { $0.hasSuffix("embeddings.word_embeddings.weight") }
        return table.flatMap { files.shape(of: $0)?.first } ?? 0
    }

    /// Compares the folder with the model of a run, before memory is taken for it.
    ///
    /// - Returns: what a user should know: how its attention and its positions change, and what of it is left behind.
    /// - Throws: `CheckpointError` where embeddings or blocks are missing or of another shape, or where the folder has other sizes, other
    ///   norms or another activation.
    public func check(_ encoder: EncoderOptions, _ options: PretrainingOptions, tokenCounts: [Int]) throws -> [String] {
        let begun = try fitting(encoder)
        func compare<O: PretrainingObjective>(_: O.Type) throws -> (unused: String?, positions: Int) {
            let layout = ParameterLayout()
            let objective = O(encoder, options, tokenCounts: tokenCounts, layout)
            let notes = try ModelFolder.check(folder, WeightFiles(of: folder), layout, of: begun.family) {
                demand($0, of: objective, after: begun)
            }
            return (notes.note, try positions(layout, begun.family)?.table.count ?? 0)
        }
        let (unused, here) = try compare(options.objectiveType)
        let attention = encoder.fittedAttention
        let wanted = encoder.positions
        return [
            unused,
            begun.attention == attention
                ? nil : "its attention is \(begun.attention); the run goes on with \(attention)",
            here < wanted ? "its \(here) positions are repeated for \(wanted)" : nil,
            here > wanted ? "of its \(here) positions only the first \(wanted) are kept" : nil,
        ].compactMap { $0 }
    }

    /// The folder's options.
    ///
    /// - Throws: `CheckpointError` with all that is another than `encoder` has it.
    private func fitting(_ encoder: EncoderOptions) throws -> EncoderOptions {
        let configuration = try HuggingFaceConfiguration(of: folder)
        let begun = try configuration.encoderOptions(folder)
        // Typed, since the compiler takes seconds to find it.
        let all: [(key: String, own: String, wanted: String)] = [
            ("hidden_size", "\(configuration.width)", "\(encoder.width)"),
            ("num_attention_heads", "\(configuration.heads)", "\(encoder.heads)"),
            ("num_hidden_layers", "\(configuration.layers)", "\(encoder.layers)"),
            ("intermediate_size", "\(configuration.intermediate)", "\(encoder.intermediate)"),
            ("model.norm", (begun.norm ?? .post).rawValue, (encoder.norm ?? .post).rawValue),
            ("model.embeddingNorm", "\(begun.embeddingNorm ?? true)", "\(encoder.embeddingNorm ?? true)"),
            ("model.normEpsilon", Scalar.text(begun.normEpsilon), Scalar.text(encoder.normEpsilon)),
            ("model.pooling", (begun.pooling ?? .first).rawValue, (encoder.pooling ?? .first).rawValue),
        ]
        let differences = all.filter { $0.own != $0.wanted }
        guard differences.isEmpty else {
            let texts = differences.map { "\($0.key) is \($0.own); the recipe has \($0.wanted)" }
            throw CheckpointError(folder, texts.joined(separator: ", and "))
        }
        guard !configuration.usesTanhActivation else {
            throw CheckpointError(folder, "hidden_act is '\(configuration.activation)'; pretraining has 'gelu'")
        }
        return begun
    }

    /// Reads what the folder has into `weights`, under the names of either family; what only the new model has keeps what it is, but
    /// for a convolution, which is zero, so that the model is what it was.
    /// Positions beyond the folder's own repeat them from the first on, so that neighbours go on as neighbours (Beltagy et al. 2020,
    /// section 5).
    ///
    /// - Returns: the names of parameters that the folder does not have.
    /// - Throws: as `check`, and where values are no finite numbers.
    func read(into weights: ModelWeights, of objective: some Objective) throws -> [String] {
        let (parameters, layout, encoder) = (weights.parameters, weights.layout, objective.encoder.options)
        let begun = try fitting(encoder)
        let missing = try ModelFolder.read(folder, into: parameters, layout, of: begun.family) {
            demand($0, of: objective, after: begun)
        }
        for parameter in layout.parameters where parameter.isOfConvolution && missing.contains(parameter.name) {
            parameters.view(of: parameter).fill(0)
        }
        guard let (positions, table) = try positions(layout, begun.family) else { return missing }
        let (first, width) = (begun.family.firstPosition, positions.columns)
        let rows = parameters.view(of: positions)
        for row in 0..<positions.rows {
            let position = row - encoder.family.firstPosition
            // Rows in front of the first position are nobody's.
            let source = position < 0 ? min(row, first) : first + position % table.count
            rows.rows(row..<row + 1).copy(from: table.values[source * width..<(source + 1) * width])
        }
        return missing.filter { $0 != positions.name }
    }

    /// The parameter of positions, how many the folder has, and all rows of its table.
    private func positions(
        _ layout: ParameterLayout, _ family: ModelFamily
    ) throws -> (parameter: Parameter, table: (count: Int, values: [Float]))? {
        guard let parameter = layout.parameters.first(where: \.isOfPositions) else { return nil }
        let (rows, values) = try ModelFolder.rows(of: parameter, family, in: folder)
        guard rows > family.firstPosition else { throw CheckpointError(folder, "\(parameter.name) has no positions") }
        return (parameter, (rows - family.firstPosition, values))
    }

    /// Heads are new where another objective has trained the folder, and what an attention has of its own where that was another.
    private func demand(
        _ parameter: Parameter, of objective: some Objective, after begun: EncoderOptions
    ) -> ModelFolder.Demand {
        if parameter.isOfPositions { return .apart }
        if parameter.isOfAttentionAlone {
            return begun.attention == objective.encoder.options.fittedAttention ? .optional : .fitting
        }
        return parameter.part.isHead || !objective.isSaved(parameter) ? .optional : .required
    }
}

extension Parameter {
    fileprivate var isOfPositions: Bool { name.hasSuffix("embeddings.position_embeddings.weight") }
    fileprivate var isOfConvolution: Bool { name.hasSuffix(".attention.self.conv.weight") }

    /// Of what the attention of the folder may not have: a convolution, a temperature, a filter, projections of keys and values.
    fileprivate var isOfAttentionAlone: Bool {
        guard let own = name.split(separator: ".attention.self.", maxSplits: 1).dropFirst().first else { return false }
        return !["query", "key", "value"].contains { own.hasPrefix("\($0).") }
    }
}

extension EncoderOptions {
    /// The attention as `config.json` has it.
    fileprivate var fittedAttention: AttentionChoice {
        var attention = attention
        attention.kind.fit(positions: positions)
        return attention
    }
}

extension ModelPart {
    fileprivate var isHead: Bool {
        if case .head = self { return true }
        return false
    }
}
