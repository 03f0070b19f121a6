import ArgumentParser
import Checkpoints
import Console
import Foundation
import Inference
import Tasks
import Tensors
import Training

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

    @Option(help: "A fine-tuned Hugging Face folder, or a run.") var checkpoint: String
    @Option(help: "A file in the place of standard input.") var input: String?
    @Option(help: "A file in the place of standard output.") var output: String?
    @Option(help: "Longest input in tokens.") var length: Int?
    @Option(help: "Threads, 0 for one a core.") var threads = 0
    @Option(help: "fp32, or bf16 for more speed.") var precision = Precision.fp32
    @Option(help: "Most lines that are predicted together; memory does not grow beyond them.")
    var batch = 256

    func validate() throws {
        try precision.check()
        if let input, let output, URL(fileURLWithPath: input).standardized == URL(fileURLWithPath: output).standardized
        {
            throw ValidationError("--input and --output are one file, \(input)")
        }
        guard (0...1024).contains(threads) else { throw ValidationError("--threads \(threads): wanted 0 to 1024") }
        guard (1...1_000_000).contains(batch) else { throw ValidationError("--batch \(batch): wanted 1 to 1,000,000") }
    }

    func run() throws {
        let classifier = try SavedClassifier(
            ModelPath.url(checkpoint), length: length, threads: threads, precision: precision)
        if let note = classifier.note { Terminal.warn("note: \(note)") }
        let lines = try InputLines(input)
        let sink = try output.map { try Sink(path: $0) } ?? .standardOutput
        let stream = PredictionStream(classifier.namedTarget, texts: classifier.texts) { rows in
            try classifier.logits(
                rows.map {
                    TaskRow(texts: $0).encoded(classifier.tokenizer, length: classifier.length)
                })
        }
        try stream.run(lines, batch: batch, write: sink.write)
    }
}

extension Precision: ExpressibleByArgument {
    /// - Throws: `ValidationError` where this CPU has no instructions for it.
    func check() throws {
        guard isAvailable else { throw ValidationError("--precision \(rawValue): this CPU has no AVX512-BF16") }
    }
}
