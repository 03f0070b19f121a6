import Checkpoints
import Communication
import Console
import Corpora
import Foundation
import Inference
import Tokenization
import Training

extension Evaluation {
    /// What is to say of a checkpoint, and what may be typed next.
    ///
    /// - Parameters:
    ///   - task: `all` or `lra` for a folder of runs; nil for the task of the checkpoint, or where it has none for text.
    ///   - wnli: as of `table`.
    /// - Throws: as what it calls.
    public func text(
        of checkpoint: String, _ task: String?, wnli: WNLIPolicy?, _ observer: some RunObserver
    ) throws -> (text: String, next: ShellCommand?) {
        let folder = ModelPath.url(checkpoint)
        if task == nil, let data, try HuggingFaceConfiguration(of: folder).target == nil {
            return ("\(try words(of: folder, in: data, observer).visible)\n", nil)
        }
        guard sequences == nil else {
            throw CheckpointError(folder, "all rows of a task are scored; --sequences is for text")
        }
        if let text = try longRange(checkpoint, task) { return (text, nil) }
        if task?.lowercased() == "all" {
            let runs = URL(fileURLWithPath: checkpoint, isDirectory: true)
            let next: ShellCommand = "yoso submit --data DIR --checkpoints \(checkpoint)"
            return (try table(of: runs, wnli: wnli, observer), next)
        }
        return ("\(try score(of: folder, task, observer).text.visible)\n", "yoso predict --checkpoint \(checkpoint)")
    }

    /// Of text: tokens of a sequence, where the model takes so many, and most sequences.
    public static let (textLength, textSequences) = (ExampleOptions().length, 1024)

    /// How well a pretrained checkpoint knows words of a text that it does not see: exp of the mean of -log p over those of them that
    /// are masked, 15% of the tokens as BERT has them (Devlin et al. 2019, section 3.1). Sequences are full ones and the ends of
    /// documents, no two of them overlap, and which they are and what is masked depends on the text and the vocabulary alone.
    ///
    /// - Throws: `CheckpointError` where the checkpoint has no head for masked words or gives no numbers, and what reading text throws.
    func words(of folder: URL, in text: String, _ observer: some RunObserver) throws -> String {
        observer.warn("note: \(folder.relativePath) has no task: words of \(text) are masked")
        let model = try MaskFilling(folder, precision: precision, device: device)
        if let note = model.note { observer.warn("note: \(note)") }
        let length = length ?? min(Self.textLength, model.length)
        guard (8...max(8, model.length)).contains(length) else {
            throw CheckpointError(folder, "sequences of \(length) tokens; wanted a --length of 8 to \(model.length)")
        }
        let files = try SampleData.text([text])
        if let note = files.note { observer.warn("note: \(note)") }
        let status = StatusLine.onTerminal
        defer { status?.clear() }
        let corpus = try TokenizedCorpus(
            files, model.tokenizer, cache: PretrainingSetup.cache, ranks: Ranks.current
        ) { status?.show($0.status) }
        var options = ExampleOptions()
        (options.length, options.shortShare, options.sentenceOrder) = (length, 0, false)
        let split = CorpusSplit(holdingOut: corpus)
        let source = ExampleSource(corpus, split, .heldOut, options, model.tokenizer, seed: 0)[0]
        let count = min(source.count, sequences ?? Self.textSequences)
        var (loss, right, masked, unknown, tokens) = (0.0, 0.0, 0, 0, 0)
        let start = ContinuousClock.now
        // So many at a time, that memory does not grow with the text.
        for first in stride(from: 0, to: count, by: Self.textSequences) {
            status?.show("\(Show.grouped(first)) of \(Show.grouped(count)) sequences")
            let examples = (first..<min(first + Self.textSequences, count)).map(source.example)
            let labels = examples.flatMap(\.maskedLabels)
            let figures = try model.evaluate(examples)
            loss += Double(labels.count) * (figures["maskedLoss"] ?? .nan)
            right += Double(labels.count) * (figures["maskedAccuracy"] ?? .nan)
            masked += labels.count
            unknown += labels.count { $0 == model.tokenizer.special.unknown }
            tokens += examples.reduce(0) { $0 + $1.ids.count }
        }
        let seconds = start.duration(to: .now).seconds
        status?.clear()
        if let problem = PretrainingSetup.strangeness(unknown, of: masked) { observer.warn("warning: \(problem)") }
        let mean = loss / Double(max(1, masked))
        let figures = [
            Figure("maskedLoss", mean), Figure("perplexity", exp(mean)),
            Figure("maskedAccuracy", right / Double(max(1, masked))),
        ]
        return
            "\(text): \(Show.figures(figures)) of \(Show.grouped(masked)) masked tokens in \(Show.grouped(count)) of "
            + "\(Show.grouped(source.count)) sequences of at most \(length) tokens, \(Show.count(Double(tokens) / seconds)) tokens/s"
    }
}
