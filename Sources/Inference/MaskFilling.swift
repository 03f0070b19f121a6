import Autograd
import Bert
import Checkpoints
import Corpora
import Foundation
import Tasks
import Tensors
import Tokenization
import Training

/// A pretrained encoder, opened to say what it would put in the place of every `[MASK]` of a text.
public struct MaskFilling {
    public static let mask = "[MASK]"

    public struct Word: Encodable, Sendable {
        public let text: String
        public let probability: Double
    }

    public let folder: URL
    /// What of the folder is not read; nil where that is nothing.
    public let note: String?
    public let tokenizer: any Tokenizer
    private let options: EncoderOptions
    private let model: MaskedWords
    private let weights: ModelWeights
    private let cut: BatchCut

    /// - Throws: `CheckpointError` where the folder has no head for masked words or is damaged, and as `Computing`.
    public init(_ folder: URL, threads: Int = 0, precision: Precision = .fp32, device: DeviceChoice = .cpu) throws {
        self.folder = folder
        _ = try HuggingFaceConfiguration(of: folder)
        tokenizer = try TokenizerFolder.load(folder)
        let options = try EncoderOptions(of: folder, tokenizer, length: 1)
        let unused = try ModelFolder.check(folder, options, Self.demand) {
            _ = MaskedWords(on: Encoder(options, $0), $0)
        }
        let execution = FineTuningOptions { ($0.threads, $0.precision, $0.device) = (threads, precision, device) }
        let computing = try Computing(execution, options)
        note = unused.without("\(options.family.rawValue).pooler", "cls.seq_relationship").note(
            of: folder, computing.note)
        let layout = ParameterLayout()
        model = MaskedWords(on: Encoder(options, layout), layout)
        weights = ModelWeights(
            layout, seed: nil, slices: execution.slices, workers: Workers(threads: threads), precision: precision,
            backward: false, device: computing.device)
        (self.options, cut) = (options, computing.cut(execution))
        let missing = try ModelFolder.read(folder, into: weights.parameters, layout, Self.demand)
        if let name = missing.first {
            throw CheckpointError(
                folder,
                "has no head for masked words (\(name) is missing); wanted a folder that was pretrained on masked words"
            )
        }
    }

    /// Its encoder, for others that read the same folder.
    public var encoder: OpenedEncoder {
        OpenedEncoder(encoder: model.encoder, weights: weights, cut: cut, tokenizer: tokenizer)
    }

    /// Whether a folder has a head for masked words at all.
    ///
    /// - Throws: `CheckpointError` where its weights are missing or damaged.
    public static func isThere(in folder: URL) throws -> Bool {
        try WeightFiles(of: folder).names.contains { $0.hasPrefix("cls.predictions.transform") }
    }

    /// The most tokens of a text, `[CLS]` and `[SEP]` among them.
    public var length: Int { options.longest }

    /// A text as the encoder takes it.
    public func encoded(_ text: String) -> EncodedRow { Self.encoded(text, tokenizer) }

    /// [CLS], the parts between the masks with masks between them, [SEP].
    public static func encoded(_ text: String, _ tokenizer: any Tokenizer) -> EncodedRow {
        let special = tokenizer.special
        let words = tokenizer.encode(aroundMasks: parts(around: text))
        let ids = [special.classification] + words + [special.separator]
        return EncodedRow(ids: ids, segments: ids.map { _ in 0 }, target: [])
    }

    public static func hasMask(_ text: String) -> Bool { parts(around: text).count > 1 }

    /// What stands around the masks of a text. By bytes: with what joins a character to the one before, such as U+200D or an accent,
    /// the bracket in front of it is one character, and no `]`.
    static func parts(around text: String) -> [String] {
        let (bytes, mask) = (Array(text.utf8), Array(mask.utf8))
        var (parts, first, at) = ([String](), 0, 0)
        while at + mask.count <= bytes.count {
            if bytes[at..<at + mask.count].elementsEqual(mask) {
                parts.append(String(decoding: bytes[first..<at], as: UTF8.self))
                at += mask.count
                first = at
            } else {
                at += 1
            }
        }
        return parts + [String(decoding: bytes[first...], as: UTF8.self)]
    }

    /// Of every mask in turn, words with their probabilities, the likeliest first.
    ///
    /// - Parameter count: most words of a mask.
    /// - Throws: `CheckpointError` where the text is too long for the model, or the model gives no finite numbers.
    public func words(_ row: EncodedRow, atMost count: Int) throws -> [[Word]] {
        let ids = row.ids
        try options.check(length: ids.count, of: folder)
        let rows = ids.indices.filter { ids[$0] == tokenizer.special.mask }
        let tokens = PackedTokens(ids: ids, segments: row.segments, layout: BatchLayout(lengths: [ids.count]))
        let logits = weights.infer([tokens]) { tokens, tape in
            model.logits(tokens, rows: rows.map(Int32.init), tape).value.values
        }[0]
        return try rows.indices.map { index in
            let values = logits[(index * options.vocabulary)...].prefix(options.vocabulary)
            let all = Target.classes([]).probabilities(Array(values))
            guard all.allSatisfy(\.isFinite) else {
                throw CheckpointError(folder, Classifier.notFinite)
            }
            // Embeddings beyond the ids of the tokenizer have no word, but a share.
            let shares = Array(all.prefix(tokenizer.vocabularySize))
            // A space by itself, which a vocabulary may have one of, is no word.
            let words = Self.largest(min(count, shares.count) + 1, of: shares).compactMap { index -> Word? in
                let id = Int32(index)
                // What goes on with a word is no word.
                let text = tokenizer.continuesWord(id) ? tokenizer.piece(id) : tokenizer.decode([id])
                return text.isEmpty ? nil : Word(text: text, probability: shares[index])
            }
            return Array(words.prefix(count))
        }
    }

    /// What the model tells of masked examples: `maskedLoss`, `perplexity`, `maskedAccuracy`.
    ///
    /// - Throws: `CheckpointError` where it gives no finite numbers.
    public func evaluate(_ examples: [PretrainingExample]) throws -> Figures {
        do { return try model.evaluate(examples, weights, cut).result } catch {
            throw CheckpointError(folder, Classifier.notFinite)
        }
    }

    /// Where the largest of many values are, equal ones in their order.
    static func largest(_ count: Int, of values: [Double]) -> [Int] {
        values.indices.reduce(into: []) { best, index in
            if best.count == count, let last = best.last, values[index] <= values[last] { return }
            best.insert(index, at: best.firstIndex { values[$0] < values[index] } ?? best.count)
            if best.count > count { best.removeLast() }
        }
    }

    private static func demand(_ parameter: Parameter) -> ModelFolder.Demand {
        parameter.name.hasPrefix("cls.") ? .optional : .required
    }
}
