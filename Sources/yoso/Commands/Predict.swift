import ArgumentParser
import Checkpoints
import Console
import Inference

/// `yoso predict --checkpoint C < sentences`: label and probabilities of every line as JSON lines.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Read sentences, pairs with a tab between, or JSON lines; write a JSON line for each as input pauses.",
        discussion: """
            A line of JSON is an object with text, for a pair text2, and on request an id, which is echoed. A line that \
            cannot be read gets {"error": …, "line": …}; the others go on, and the exit code is 1. The names of special \
            tokens in a text, such as [MASK] or [SEP], are text like any other: no text steers the model by them.
            """)

    @OptionGroup var model: ModelInput

    func run() throws {
        guard let checkpoint = model.checkpoint else {
            throw ValidationError("wanted --checkpoint, a fine-tuned run or folder")
        }
        let classifier = try SavedClassifier(
            ModelPath.url(checkpoint), length: model.length, threads: model.threads,
            precision: model.computation.precision, device: model.computation.device)
        if let note = classifier.note { Terminal.warn("note: \(note)") }
        let sink = try model.output.map { try Sink(path: $0) } ?? .standardOutput
        try classifier.run(InputLines(model.input), batch: model.batch, write: sink.write)
    }
}
