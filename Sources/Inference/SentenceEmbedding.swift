import Autograd
import Bert
import Checkpoints
import Foundation
import Tasks
import Tensors
import Tokenization
import Training

/// What of a folder is open already, whose weights more than one thing can read: not at the same time, for passes have memory.
public struct OpenedEncoder {
    let encoder: Encoder
    let weights: ModelWeights
    let cut: BatchCut
    let tokenizer: any Tokenizer
}

/// A vector a text, of unit length: the mean of the last hidden states of all its tokens, `[CLS]` and `[SEP]` included, or that
/// of `[CLS]` (Reimers & Gurevych 2019, "Sentence-BERT", section 3).
public struct SentenceEmbedding {
    public let folder: URL
    /// What of the folder is not read; nil where that is nothing.
    public let note: String?
    /// As of `PredictionInput`.
    public static let taker = "a vector is of"
    public let tokenizer: any Tokenizer
    public let length: Int
    private let encoder: Encoder
    private let weights: ModelWeights
    private let cut: BatchCut
    private let pooling: Pooling

    /// - Parameters:
    ///   - folder: of any encoder: pretrained, fine-tuned, or of sentence-transformers.
    ///   - pooling: nil for what sentence-transformers wrote beside the model, or the mean.
    ///   - length: longest input in tokens; nil for what is written there, or all positions up to 512.
    ///   - opened: of the same folder, where it is open already; its weights are shared, and what it computes with.
    /// - Throws: `CheckpointError` where the folder is damaged, or makes vectors in a way that we do not implement.
    public init(
        _ folder: URL, pooling: Pooling? = nil, length: Int? = nil, threads: Int = 0, precision: Precision = .fp32,
        device: DeviceChoice = .cpu, sharing opened: OpenedEncoder? = nil
    ) throws {
        self.folder = folder
        let modules = try SentenceModules(of: folder)
        // What is no model may be no vocabulary either, which is not what is missed.
        _ = try HuggingFaceConfiguration(of: folder)
        tokenizer = try opened?.tokenizer ?? TokenizerFolder.load(folder)
        let options = try EncoderOptions(of: folder, tokenizer, length: length ?? 1)
        self.length = length ?? Self.length(of: options, modules)
        guard self.length >= 8 else {
            throw CheckpointError(folder, "inputs of at most \(self.length) tokens; wanted a --length of at least 8")
        }
        self.pooling = pooling ?? modules.pooling ?? .mean
        if let opened {
            (encoder, weights, cut, note) = (opened.encoder, opened.weights, opened.cut, nil)
            return
        }
        let unused = try ModelFolder.check(folder, options, { _ in .required }) { _ = Encoder(options, $0) }
        let execution = FineTuningOptions { ($0.threads, $0.precision, $0.device) = (threads, precision, device) }
        let computing = try Computing(execution, options)
        note = unused.without("cls.", "classifier", "pooler", "\(options.family.rawValue).pooler").note(
            of: folder, computing.note)
        let layout = ParameterLayout()
        encoder = Encoder(options, layout)
        weights = ModelWeights(
            layout, seed: nil, slices: execution.slices, workers: Workers(threads: threads), precision: precision,
            backward: false, device: computing.device)
        cut = computing.cut(execution)
        try ModelFolder.read(folder, into: weights.parameters, layout)
    }

    /// Tokens of an input that are read where nothing else is said: as sentence-transformers has it, or 512 at most.
    public static func length(of encoder: EncoderOptions, _ modules: SentenceModules) -> Int {
        min(modules.length ?? 512, encoder.longest)
    }

    /// Numbers of a vector.
    public var width: Int { encoder.options.width }

    /// The vectors of texts, in their order.
    ///
    /// - Throws: `CheckpointError` where the model gives no finite numbers.
    public func vectors(_ texts: [String]) throws -> [[Float]] { try vectors(texts.map(encoded)) }

    private func encoded(_ text: String) -> EncodedRow { TaskRow(texts: [text]).encoded(tokenizer, length: length) }
    private var counting: TruncationCount {
        TruncationCount(length: length, longest: encoder.options.longest, unknown: tokenizer.special.unknown)
    }

    /// The same of texts that are encoded.
    ///
    /// - Throws: `CheckpointError` where the model gives no finite numbers.
    public func vectors(_ rows: [EncodedRow]) throws -> [[Float]] {
        let pooled = weights.rows(lengths: rows.map(\.ids.count), cut, { ClassificationExample(rows[$0]) }) {
            encoder.pooled($0.tokens, by: pooling, $1).rows
        }
        return try pooled.map { row in
            let norm = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard norm.isFinite else {
                throw CheckpointError(folder, Classifier.notFinite)
            }
            // As there: a row of zeros stays one.
            return row.map { Float(Double($0) / max(norm, 1e-12)) }
        }
    }

    /// On a GPU, computes so many of the longest texts: what memory that takes is taken, or found not to be there, before anybody
    /// waits for an answer.
    ///
    /// - Parameter other: the longest input, in tokens, of another that computes in the same memory.
    /// - Throws: as `vectors`.
    public func rehearse(_ texts: Int, beside other: Int) throws {
        guard weights.isOnDevice else { return }
        let most = max(length, other)
        let row = TaskRow(texts: [String(repeating: "a ", count: most)]).encoded(tokenizer, length: most)
        _ = try vectors(Array(repeating: row, count: texts))
    }

    /// What is written of a text.
    public struct Answer: Encodable, Sendable {
        public let embedding: [Float]

        public init(embedding: [Float]) { self.embedding = embedding }
    }

    /// Lines in, as of `PredictionStream`; lines of JSON out, with an `embedding` each.
    ///
    /// - Parameter note: hears at the end what was not read.
    /// - Throws: as `PredictionStream.run`.
    public func run(
        _ lines: InputLines, batch: Int, note: (String) -> Void, write: (String) throws -> Void
    ) throws {
        var rows = counting
        defer { rows.notes.forEach(note) }
        let stream = PredictionStream(texts: 1, for: Self.taker) { texts in
            try vectors(rows.counted(texts.map { encoded($0[0]) })).map { Answer(embedding: $0) }
        }
        try stream.run(lines, batch: batch, write: write)
    }

    /// Bytes in front of the values of an array of NumPy: enough for any number of lines, and a multiple of 64.
    public static let arrayHead = 128

    /// All lines as one array of NumPy, [lines, width] (NumPy Enhancement Proposal 1, version 1.0).
    ///
    /// - Parameters:
    ///   - note: hears at the end what was not read.
    ///   - write: hears the values, in order.
    /// - Returns: what stands in front of them, of `arrayHead` bytes.
    /// - Throws: `InputProblem` of the first line that is no text, and what reading, embedding and writing throw.
    public func array(
        of lines: InputLines, batch: Int, note: (String) -> Void, write: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Data {
        var (count, rows) = (0, counting)
        defer { rows.notes.forEach(note) }
        while case let read = try lines.next(atMost: batch), !read.isEmpty {
            let texts = try read.map { line in
                do { return try PredictionInput(line.text.get(), texts: 1, for: Self.taker).texts[0] } catch {
                    let problem = (error as? PredictionFailure)?.problem ?? "\(error)"
                    throw InputProblem("\(lines.name):\(line.number): \(problem)")
                }
            }
            let found = try vectors(rows.counted(texts.map(encoded)))
            try found.flatMap(\.self).withUnsafeBytes(write)
            count += read.count
        }
        let shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(count), \(width)), }"
        let room = Self.arrayHead - 10
        let header = shape + String(repeating: " ", count: room - shape.utf8.count - 1) + "\n"
        return Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(room % 256), UInt8(room / 256)]) + Data(header.utf8)
    }
}
