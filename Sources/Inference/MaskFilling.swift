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
    /// - Throws: `CheckpointError` where the folder has no head for masked words, is damaged, or gives no finite numbers.
    public init(_ text: String, by folder: URL, atMost count: Int) throws {
        _ = try HuggingFaceConfiguration(of: folder)
        let tokenizer = try TokenizerFolder.load(folder)
        let ids = Self.ids(text, tokenizer)
        let options = try EncoderOptions(of: folder, tokenizer, length: ids.count)
        let unused = try ModelFolder.check(folder, options, Self.demand) {
            _ = MaskedWords(on: Encoder(options, $0), $0)
        }
        note = unused.without("\(options.family.rawValue).pooler", "cls.seq_relationship").note
        OpenBLAS.useOneThread()
        let (layout, pool) = (ParameterLayout(), StoragePool())
        let model = MaskedWords(on: Encoder(options, layout), layout)
        let parameters = pool.zeros(1, layout.blockCount)
        let missing = try ModelFolder.read(folder, into: parameters, layout, Self.demand)
        if let name = missing.first {
            throw CheckpointError(
                folder, "has no head for masked words (\(name) is missing); wanted a pretrained folder")
        }
        try ModelFolder.checkFinite(parameters, layout, of: folder)
        let rows = ids.indices.filter { ids[$0] == tokenizer.special.mask }
        let tokens = PackedTokens(ids: ids, segments: ids.map { _ in 0 }, layout: BatchLayout(lengths: [ids.count]))
        let tape = Tape(parameters: parameters, mode: .inference, pool: pool)
        let logits = model.logits(tokens, rows: rows.map(Int32.init), tape).value
        words = try rows.indices.map { index in
            // Embeddings beyond the ids of the tokenizer have no word.
            let values = logits.view(at: index * logits.columns, rows: 1, columns: tokenizer.vocabularySize).values
            let shares = Target.classes([]).probabilities(values)
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
