import Checkpoints
import Dispatch
import Foundation
import Http
import Inference
import Tasks
import Tensors
import Tokenization
import Training

/// What of a checkpoint answers requests, opened. A folder has what it was trained for, and a vector of any text besides.
public struct ServedModel: Sendable {
    /// A text whose masks are to be filled, and how many words of a mask are wanted.
    struct MaskedText: Sendable {
        let row: EncodedRow
        let count: Int
    }

    /// As the user calls it.
    let name: String
    /// The same without its path, which is nobody else's business.
    let title: String
    /// What of the folder is not read.
    public let notes: [String]
    let limits: Limits
    let metrics: Metrics
    /// To its server.
    let connections = ConnectionCount()
    let threads = SideThreads()

    /// Nil where the folder has no classifier.
    let predictions: Batcher<[String], String>?
    /// Texts of a prediction; nil where the model takes one or two.
    let texts: Int?
    /// Nil where the folder has no head for masked words.
    let fillings: Batcher<MaskedText, [[MaskFilling.Word]]>?
    let encodedMasks: @Sendable (String) -> EncodedRow
    /// The most tokens of a text with masks.
    let maskedLength: Int
    let embeddings: Batcher<EncodedRow, [Float]>
    let encoded: @Sendable (String) -> EncodedRow
    let width: Int

    /// - Throws: `CheckpointError` where the folder is damaged, or holds no encoder.
    public init(
        _ folder: URL, name: String, threads: Int = 0, precision: Precision = .fp32,
        device: DeviceChoice = .cpu, limits: Limits = Limits()
    ) throws {
        (self.name, self.limits) = (name, limits)
        title =
            URL(fileURLWithPath: name).standardized.pathComponents
            .last { $0 != RunFolder.bestName && !$0.hasPrefix("step-") } ?? name
        let metrics = Metrics(model: title)
        self.metrics = metrics
        // The models belong to this queue alone.
        let queue = DispatchQueue(label: "yoso.models")
        let clients = { @Sendable [connections] in connections.now }
        let observe = { @Sendable rows in metrics.computed(rows) }
        var notes: [String?] = []
        var (opened, classified): (OpenedEncoder?, Int) = (nil, 0)

        if try HuggingFaceConfiguration(of: folder).target != nil {
            nonisolated(unsafe) let classifier = try SavedClassifier(
                folder, threads: threads, precision: precision, device: device)
            notes.append(classifier.note)
            (opened, classified) = (classifier.encoder, classifier.length)
            // What is read in pieces has as many as its length gives, of some 256 bytes.
            let isOfWords = classifier.target.isOfWords
            let weight = { @Sendable (texts: [String]) in
                isOfWords ? 1 + texts.reduce(0) { $0 + $1.utf8.count } / 256 : 1
            }
            predictions = Batcher(limits, on: queue, observe: observe, clients: clients, weight: weight) {
                try classifier.answers($0, truncated: metrics.truncated)
            }
            texts = classifier.target.isOfWords ? 1 : classifier.texts
        } else {
            (predictions, texts) = (nil, nil)
        }

        if try MaskFilling.isThere(in: folder) {
            nonisolated(unsafe) let filling = try MaskFilling(
                folder, threads: threads, precision: precision, device: device)
            notes.append(filling.note)
            opened = filling.encoder
            // Eight masks ask for about as much as a text.
            let mask = filling.tokenizer.special.mask
            let weight = { @Sendable (text: MaskedText) in 1 + text.row.ids.count { $0 == mask } / 8 }
            fillings = Batcher(limits, on: queue, observe: observe, clients: clients, weight: weight) { texts in
                try texts.map { try filling.words($0.row, atMost: $0.count) }
            }
            let tokenizer = filling.tokenizer
            encodedMasks = { MaskFilling.encoded($0, tokenizer) }
            maskedLength = filling.length
        } else {
            (fillings, maskedLength) = (nil, 0)
            encodedMasks = { _ in EncodedRow(ids: [], segments: [], target: []) }
        }

        nonisolated(unsafe) let embedding = try SentenceEmbedding(
            folder, threads: threads, precision: precision, device: device, sharing: opened)
        notes.append(embedding.note)
        // Of the models, which share their memory, the one whose passes are as large as any.
        try embedding.rehearse(limits.batch, beside: classified)
        embeddings = Batcher(limits, on: queue, observe: observe, clients: clients) { rows in
            metrics.truncated(rows.count(where: \.isTruncated))
            return try embedding.vectors(rows)
        }
        let (tokenizer, longest) = (embedding.tokenizer, embedding.length)
        encoded = { TaskRow(texts: [$0]).encoded(tokenizer, length: longest) }
        width = embedding.width
        self.notes = notes.compactMap { $0 }
    }

    /// Why there is no such endpoint; nil where there is, or never was.
    func absence(of path: String) -> String? {
        switch path {
        case "/predict" where predictions == nil: "this checkpoint has no classifier; fine-tune it first"
        case "/fill" where fillings == nil:
            "this checkpoint has no head for masked words; a pretrained one has"
        default: nil
        }
    }

    /// Texts that wait, over all kinds.
    var waiting: Int { (predictions?.waiting ?? 0) + (fillings?.waiting ?? 0) + embeddings.waiting }
}
