import ArgumentParser
import Autograd
import Bert
import Checkpoints
import Console
import Foundation
import Tensors
import Tokenization
import Training

/// `yoso fill "the [MASK] sat on the mat" --checkpoint C`: what a pretrained encoder would put there.
struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the likeliest words for every [MASK] of a text.")

    @Argument(help: "A text with [MASK] in the place of one word or several.") var text: String
    @Option(help: "A pretrained Hugging Face folder, or a run.") var checkpoint: String
    @Option(help: "Words a mask.") var top = 5

    private static let mask = "[MASK]"

    func validate() throws {
        guard text.contains(Self.mask) else { throw ValidationError("the text has no \(Self.mask)") }
        guard top > 0 else { throw ValidationError("--top \(top): wanted at least 1") }
    }

    func run() throws {
        let folder = ModelPath.url(checkpoint)
        _ = try HuggingFaceConfiguration(of: folder)
        let tokenizer = try TokenizerFolder.load(folder)
        let ids = ids(tokenizer)
        let options = try Finetune.encoder(of: folder, tokenizer, length: ids.count)
        let unused = try ModelFolder.check(folder, options, Self.demand) {
            _ = MaskedWords(on: Encoder(options, $0), $0)
        }
        if let note = unused.without("\(options.family.rawValue).pooler", "cls.seq_relationship").note {
            Terminal.warn("note: \(checkpoint): \(note)")
        }
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
        for index in rows.indices {
            // Embeddings beyond the ids of the tokenizer have no word.
            let values = logits.view(at: index * logits.columns, rows: 1, columns: tokenizer.vocabularySize).values
            let largest = values.max() ?? 0
            let weights = values.map { exp(Double($0 - largest)) }
            let total = weights.reduce(0, +)
            let best = weights.indices.sorted { (weights[$0], $1) > (weights[$1], $0) }.prefix(top)
            let words = best.map { id in
                "\(tokenizer.decode([Int32(id)])) \(Show.percent(weights[id] / total))"
            }
            guard total.isFinite else { throw CheckpointError(folder, "its outputs are no finite numbers") }
            Terminal.line((rows.count > 1 ? "mask \(index + 1): " : "") + words.joined(separator: ", "))
        }
    }

    private static func demand(_ parameter: Parameter) -> ModelFolder.Demand {
        parameter.name.hasPrefix("cls.") ? .optional : .required
    }

    /// [CLS], the parts between the masks with masks between them, [SEP].
    private func ids(_ tokenizer: any Tokenizer) -> [Int32] {
        let special = tokenizer.special
        let parts = text.components(separatedBy: Self.mask).map(tokenizer.encode)
        return [special.classification] + parts.joined(separator: [special.mask]) + [special.separator]
    }
}
