import Autograd
import Bert
import Checkpoints
import Corpora
import Experiments
import Foundation
import Tensors
import Tokenization
import Training

extension HeadInput {
    /// Queries, keys and values of the first head of the middle layer of a pretrained encoder that reads `text`.
    ///
    /// Where `length` is more than the encoder has positions, those of many sequences stand one behind the other: distances
    /// within a sequence are a trained model's, as in a longer sequence of its kind.
    /// - Throws: `CheckpointError` where its heads are not `width` wide, `CorpusError` where `text` is too short.
    public static func of(_ checkpoint: String, _ text: [String], length: Int, width: Int) throws -> HeadInput {
        let folder = ModelPath.url(checkpoint)
        // First what tells a checkpoint from what is none.
        _ = try HuggingFaceConfiguration(of: folder)
        let tokenizer = try TokenizerFolder.load(folder)
        let options = try EncoderOptions(of: folder, tokenizer, length: 1)
        guard options.width / options.heads == width else {
            throw CheckpointError(
                folder,
                "its heads are \(options.width / options.heads) wide; pass --width to name another than \(width)")
        }
        _ = try ModelFolder.check(folder, options, { _ in .required }) { _ = Encoder(options, $0) }
        let (layout, pool) = (ParameterLayout(), StoragePool())
        let encoder = Encoder(options, layout)
        let parameters = pool.zeros(1, layout.blockCount)
        try ModelFolder.read(folder, into: parameters, layout)
        let reader = try ParagraphReader(SampleData.text(text))
        var pending: [Int32] = []
        var values: [Float] = []
        while values.count < 3 * width * length {
            while pending.count < options.longest {
                guard let paragraph = try reader.next() else {
                    throw CorpusError(text.joined(separator: " "), "holds fewer than \(length) tokens")
                }
                pending += tokenizer.encode(paragraph)
            }
            let ids = Array(pending.prefix(options.longest))
            pending.removeFirst(ids.count)
            let tokens = PackedTokens(
                ids: ids, segments: ids.map { _ in 0 }, layout: BatchLayout(lengths: [ids.count]))
            let tape = Tape(parameters: parameters, mode: .inference, pool: pool)
            let projections = encoder.projections(tokens, layer: options.layers / 2, tape).value
            for row in 0..<min(projections.rows, length - values.count / (3 * width)) {
                for part in 0..<3 {
                    let start = row * projections.columns + part * options.width
                    values += projections.view(at: start, rows: 1, columns: width).values
                }
            }
        }
        return HeadInput(length: length, width: width, values: values)
    }
}
