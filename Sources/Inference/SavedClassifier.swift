import Bert
import Checkpoints
import Foundation
import Glue
import Tasks
import Tensors
import Tokenization
import Training

/// A fine-tuned Hugging Face folder, ours or another's, opened for prediction.
public struct SavedClassifier {
    /// What takes texts, in words.
    public static let taker = "the model was fine-tuned on"
    public let folder: URL
    public let configuration: HuggingFaceConfiguration
    public let tokenizer: any Tokenizer
    /// What it predicts, labels in the order of the model's ids.
    public let target: Target
    public let length: Int
    /// What it could take.
    private let longest: Int
    /// What of the folder is not read; nil where that is nothing.
    public let note: String?
    private let classifier: Classifier
    private let pairs: PairSegments

    /// - Parameter length: longest input in tokens; nil for what it was fine-tuned with.
    /// - Throws: what reading the folder throws, and `CheckpointError` where it has no classifier.
    public init(
        _ folder: URL, length: Int? = nil, threads: Int = 0, precision: Precision = .fp32, device: DeviceChoice = .cpu
    ) throws {
        self.folder = folder
        configuration = try HuggingFaceConfiguration(of: folder)
        guard let target = configuration.target else {
            throw CheckpointError(folder, "has no classifier; fine-tune it first")
        }
        guard !target.isOfWords || target.hasEntities else {
            throw CheckpointError(
                folder,
                "its tags are \(target.labels.joined(separator: ", ")); wanted O, and B- or I- with a type behind it")
        }
        self.target = target
        tokenizer = try TokenizerFolder.load(folder)
        pairs = try PairSegments(of: folder)
        let encoder = try EncoderOptions(of: folder, tokenizer, length: length ?? 1)
        self.length = try length ?? Self.length(of: encoder, configuration, folder)
        longest = encoder.longest
        guard self.length >= 8 else {
            throw CheckpointError(folder, "inputs of at most \(self.length) tokens; wanted a --length of at least 8")
        }
        let unused = try Classifier.check(folder, encoder, target)
        let options = FineTuningOptions { ($0.threads, $0.precision, $0.device) = (threads, precision, device) }
        classifier = try Classifier(encoder, target, options)
        try classifier.load(folder)
        note = unused.note(of: folder, classifier.note)
    }

    /// Tokens of an input that are read where nothing else is said: as in fine-tuning, as the tokenizer of another program says, or
    /// all that the model takes.
    ///
    /// - Throws: `TokenizationError` where files of the tokenizer are damaged.
    public static func length(
        of encoder: EncoderOptions, _ configuration: HuggingFaceConfiguration, _ folder: URL
    ) throws -> Int {
        let said = try configuration.provenance?.length ?? TokenizerFolder.longestInput(of: folder)
        return min(said ?? .max, encoder.longest)
    }

    /// Its encoder, for others that read the same folder.
    public var encoder: OpenedEncoder {
        OpenedEncoder(
            encoder: classifier.model.encoder, weights: classifier.weights, cut: classifier.cut, tokenizer: tokenizer)
    }

    /// What it was fine-tuned on here; nil where it does not say.
    public var task: TaskSource? { try? configuration.task() }

    /// Texts that it takes; nil where it does not say. One segment has no room for a second.
    public var texts: Int? { configuration.segments == 1 && pairs != .one ? 1 : task?.texts.count }

    /// What it predicts, labels by name where they are the numbers of a task.
    public var namedTarget: Target {
        guard let task, task.target == target, case .classes(let labels) = target,
            task.classNames.count == labels.count
        else { return target }
        return .classes(task.classNames)
    }

    /// Predicts lines to their end, as of `PredictionStream`.
    ///
    /// - Parameter note: hears at the end what was not read.
    /// - Throws: what reading the lines and `write` throw, and `CheckpointError` as `logits`.
    public func run(
        _ lines: InputLines, batch: Int, note: (String) -> Void, write: (String) throws -> Void
    ) throws {
        var rows = TruncationCount(length: length, longest: longest, unknown: tokenizer.special.unknown)
        defer { rows.notes.forEach(note) }
        let stream =
            target.isOfWords
            ? PredictionStream(texts: 1) { texts in
                try entities(texts.map { $0[0] }).map(FoundEntities.init)
            }
            : PredictionStream(namedTarget, texts: texts) { texts in
                try logits(rows.counted(texts.map { TaskRow(texts: $0).encoded(tokenizer, length: length) }))
            }
        try stream.run(lines, batch: batch, write: write)
    }

    /// What is written of each of some rows, but for the id.
    ///
    /// - Parameter truncated: hears of how many the beginning alone is read.
    /// - Throws: as `logits`.
    public func answers(_ rows: [[String]], truncated: (Int) -> Void = { _ in }) throws -> [String] {
        guard !target.isOfWords else {
            return try entities(rows.map { $0[0] }).map { try PredictionStream.json(FoundEntities(entities: $0)) }
        }
        let (target, encoded) = (namedTarget, rows.map { TaskRow(texts: $0).encoded(tokenizer, length: length) })
        truncated(encoded.count(where: \.isTruncated))
        return try logits(encoded).map {
            try PredictionStream.json(PredictionStream.Prediction($0, target))
        }
    }

    /// Logits of every row, in the order of `target`.
    ///
    /// - Throws: `CheckpointError` where a row is a pair and the model has one segment, or nothing says how many a pair has, or where
    ///   logits are no numbers.
    public func logits(_ rows: [EncodedRow]) throws -> [[Float]] {
        let rows = pairs == .one ? rows.map(\.inOneSegment) : rows
        if pairs == .unsaid, rows.contains(where: { $0.segments.contains { $0 > 0 } }) {
            throw CheckpointError(folder, PairSegments.problem)
        }
        if rows.contains(where: { row in row.segments.contains { $0 >= configuration.segments } }) {
            throw CheckpointError(folder, "type_vocab_size is \(configuration.segments); pairs of texts want 2")
        }
        return try classifier.predict(rows.map(ClassificationExample.init), by: folder)
    }

    /// Logits of every row in the order of the labels of `task`: other programs order them otherwise.
    ///
    /// - Throws: `CheckpointError` where the labels are others.
    public func logits(_ rows: [EncodedRow], of task: TaskSource) throws -> [[Float]] {
        let order = try order(of: task)
        return try logits(rows).map { row in
            stride(from: 0, to: row.count, by: order.count).flatMap { word in order.map { row[word + $0] } }
        }
    }

    private func order(of task: TaskSource) throws -> [Int] {
        if task.target.isValue, target.isValue { return [0] }
        // Where classes are numbers, a label without a name is its number; others name them as Hugging Face's datasets do.
        let order = task.target.labels.enumerated().compactMap { index, label in
            target.labels.firstIndex(of: label)
                ?? target.labels.firstIndex {
                    task.hasSeveralSpellings
                        && [label, "label_\(label)", task.classNames[index]].contains($0.lowercased())
                }
        }
        guard order.count == task.target.labels.count, target.labels.count == order.count,
            task.target.isValue == target.isValue, task.target.isMultiLabel == target.isMultiLabel,
            task.target.isOfWords == target.isOfWords
        else {
            throw CheckpointError(
                folder,
                "its labels are \((configuration.labelNames ?? []).joined(separator: ", ")); \(task.title) wants "
                    + (task.target.isValue ? "a score" : task.target.labels.joined(separator: ", ")))
        }
        return order
    }
}

extension HuggingFaceConfiguration {
    /// The task that it was fine-tuned on: one of a user's own as it is kept here, or one of GLUE; nil where it does not say.
    public func task() throws -> TaskSource? {
        guard let text = provenance?.ownTask else { return try provenance?.task.map { try GlueTask.named($0) } }
        guard let task = try? JSONDecoder().decode(TaskSource.self, from: Data(text.utf8)) else {
            throw TaskError(Self.fileName, "the value of 'yoso.ownTask' is no task: \(text)")
        }
        return task
    }
}

extension TaskSource {
    /// For a checkpoint to remember a task of the user's own.
    public var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }
}
