import Checkpoints
import Console
import Foundation
import Glue
import Tensors
import Tokenization
import Training

/// A fine-tuned Hugging Face folder, ours or another's, opened for prediction.
struct SavedClassifier {
    let folder: URL
    let configuration: HuggingFaceConfiguration
    let tokenizer: any Tokenizer
    /// In the order of the model's ids; one name for a regression.
    let labels: [String]
    let length: Int
    private let classifier: Classifier

    /// - Parameter length: longest input in tokens; nil for what it was fine-tuned with, or 128.
    /// - Throws: what reading the folder throws, and `CheckpointError` where it has no classifier.
    init(_ folder: URL, length: Int? = nil, threads: Int = 0, precision: Precision = .fp32) throws {
        self.folder = folder
        configuration = try HuggingFaceConfiguration(of: folder)
        guard let labels = configuration.labelNames, !labels.isEmpty else {
            throw CheckpointError(folder, "has no classifier; fine-tune it first")
        }
        self.labels = labels
        self.length = length ?? configuration.yoso?["length"].flatMap { Int($0) } ?? min(128, configuration.positions)
        guard self.length >= 8 else {
            throw CheckpointError(folder, "inputs of at most \(self.length) tokens; wanted at least 8")
        }
        tokenizer = try TokenizerFolder.load(folder)
        let encoder = try Finetune.encoder(of: folder, tokenizer, length: self.length)
        if let note = try Classifier.check(folder, encoder, outputs: labels.count).note {
            Terminal.warn("note: \(folder.relativePath): \(note)")
        }
        var options = FineTuningOptions()
        (options.threads, options.precision) = (threads, precision)
        classifier = Classifier(encoder, outputs: labels.count, options)
        try classifier.load(folder)
    }

    /// What it was fine-tuned on here; nil where it does not say.
    var task: GlueTask? { configuration.yoso?["task"].flatMap { try? GlueTask.named($0) } }

    /// The labels by name, where they are the numbers of a task.
    var classNames: [String] { task.map { $0.labels == labels ? $0.classNames : labels } ?? labels }

    /// Logits of every row, in the order of `labels`.
    ///
    /// - Throws: `CheckpointError` where a row is a pair and the model has one segment, or where logits are no numbers.
    func logits(_ rows: [EncodedRow]) throws -> [[Float]] {
        if rows.contains(where: { row in row.segments.contains { $0 >= configuration.segments } }) {
            throw CheckpointError(folder, "type_vocab_size is \(configuration.segments); pairs of texts want 2")
        }
        let logits = classifier.predict(rows.map(ClassificationExample.init))
        guard logits.allSatisfy({ $0.allSatisfy(\.isFinite) }) else {
            throw CheckpointError(folder, "its outputs are no finite numbers; wanted a model that did not diverge")
        }
        return logits
    }

    /// Logits of every row in the order of the labels of `task`: other programs order them otherwise.
    ///
    /// - Throws: `CheckpointError` where the labels are others.
    func logits(_ rows: [EncodedRow], of task: GlueTask) throws -> [[Float]] {
        let order = try order(of: task)
        return try logits(rows).map { row in order.map { row[$0] } }
    }

    private func order(of task: GlueTask) throws -> [Int] {
        if task.isRegression, labels.count == 1 { return [0] }
        // Where classes are numbers, a label without a name is its number; others name them as Hugging Face's datasets do.
        let order = task.labels.enumerated().compactMap { index, label in
            let names = [label, "label_\(label)", task.classNames[index]]
            return labels.firstIndex { names.contains($0.lowercased()) }
        }
        guard order.count == task.labels.count, labels.count == order.count, !task.isRegression else {
            throw CheckpointError(
                folder,
                "its labels are \(labels.joined(separator: ", ")); \(task.title) wants "
                    + (task.isRegression ? "a score" : task.labels.joined(separator: ", ")))
        }
        return order
    }
}
