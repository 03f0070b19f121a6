import ArgumentParser
import Checkpoints
import Console
import Inference

struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read sentences, pairs with a tab between, or JSON lines; write a JSON line for each as it comes.",
        discussion: """
            A line of JSON is an object with text, for a pair text2, and on request an id, which is echoed. A line that \
            cannot be read gets {"error": …, "line": …}; the others go on, and the exit code is 1. A model of words answers \
            with entities, start and end in bytes. Names of special tokens, such as [MASK], are text like any other: no text \
            steers the model by them.
            """, example: "yoso predict --checkpoint Checkpoints/sst2 --input sentences.txt")

    @OptionGroup var model: ModelInput

    func run() throws {
        guard let checkpoint = model.checkpoint else {
            throw ValidationError("wanted --checkpoint, a fine-tuned run or folder")
        }
        let classifier = try SavedClassifier(
            ModelPath.url(checkpoint), length: model.length, threads: model.threads,
            precision: model.computation.precision, device: model.computation.device)
        classifier.note.map(Terminal.note)
        try classifier.run(model.lines(), batch: model.batch, note: Terminal.note, write: model.sink().write)
    }
}
