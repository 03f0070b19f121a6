import Autograd
import Bert
import Checkpoints
import Foundation
import Tasks
import Tensors
import Tokenization
import Training

/// What a pretrained encoder would put in the place of every `[MASK]` of a text.
public struct MaskFilling {
    public static let mask = "[MASK]"

    /// Of every mask in turn, words with their probabilities, the likeliest first.
    public let words: [[(text: String, probability: Double)]]
    /// What of the folder is not read; nil where that is nothing.
    public let note: String?

    /// - Parameter count: most words of a mask.
    /// - Throws: `CheckpointError` where the folder has no head for masked words, is damaged, or gives no finite numbers, and as
    ///   `Computing`.
    public init(
        _ text: String, by folder: URL, atMost count: Int, precision: Precision = .fp32, device: DeviceChoice = .cpu
    ) throws {
        _ = try HuggingFaceConfiguration(of: folder)
        let tokenizer = try TokenizerFolder.load(folder)
        let ids = Self.ids(text, tokenizer)
        let options = try EncoderOptions(of: folder, tokenizer, length: ids.count)
        let unused = try ModelFolder.check(folder, options, Self.demand) {
            _ = MaskedWords(on: Encoder(options, $0), $0)
        }
        let execution = FineTuningOptions { ($0.slices, $0.precision, $0.device) = (1, precision, device) }
        let computing = try Computing(execution, options)
        note = unused.without("\(options.family.rawValue).pooler", "cls.seq_relationship").note(
            of: folder, computing.note)
        let layout = ParameterLayout()
        let model = MaskedWords(on: Encoder(options, layout), layout)
        let weights = ModelWeights(
            layout, seed: nil, slices: execution.slices, workers: Workers(), precision: precision, backward: false,
            device: computing.device)
        let missing = try ModelFolder.read(folder, into: weights.parameters, layout, Self.demand)
        if let name = missing.first {
            throw CheckpointError(
                folder, "has no head for masked words (\(name) is missing); wanted a pretrained folder")
        }
        try ModelFolder.checkFinite(weights.parameters, layout, of: folder)
        let rows = ids.indices.filter { ids[$0] == tokenizer.special.mask }
        let tokens = PackedTokens(ids: ids, segments: ids.map { _ in 0 }, layout: BatchLayout(lengths: [ids.count]))
        let logits = weights.infer([tokens]) { tokens, tape in
            model.logits(tokens, rows: rows.map(Int32.init), tape).value.values
        }[0]
        words = try rows.indices.map { index in
            // Embeddings beyond the ids of the tokenizer have no word.
            let values = logits[(index * options.vocabulary)...].prefix(tokenizer.vocabularySize)
            let shares = Target.classes([]).probabilities(Array(values))
            guard shares.allSatisfy(\.isFinite) else {
                throw CheckpointError(folder, "its outputs are no finite numbers")
            }
            let best = shares.indices.sorted { (shares[$0], $1) > (shares[$1], $0) }.prefix(count)
            return best.map { index in
                let id = Int32(index)
                // What goes on with a word is no word.
                let text = tokenizer.continuesWord(id) ? tokenizer.piece(id) : tokenizer.decode([id])
                return (text, shares[index])
            }
        }
    }

    private static func demand(_ parameter: Parameter) -> ModelFolder.Demand {
        parameter.name.hasPrefix("cls.") ? .optional : .required
    }

    /// [CLS], the parts between the masks with masks between them, [SEP].
    private static func ids(_ text: String, _ tokenizer: any Tokenizer) -> [Int32] {
        let special = tokenizer.special
        let parts = text.components(separatedBy: mask).map(tokenizer.encode)
        return [special.classification] + parts.joined(separator: [special.mask]) + [special.separator]
    }
}
