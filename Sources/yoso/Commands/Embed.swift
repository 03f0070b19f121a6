import ArgumentParser
import Bert
import Checkpoints
import Console
import Inference
import Reports

struct Embed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a vector of unit length for every sentence, as JSON lines or as an array of NumPy.",
        discussion: """
            Lines are those of predict, of one text each. An --output that ends with .npy gets all vectors as one array; \
            elsewhere every line is {"embedding": […]}. What sentence-transformers wrote beside a model is followed.
            """, example: "yoso embed --checkpoint Checkpoints/mini --input lines --output v.npy")

    @OptionGroup var model: ModelInput
    @Option(help: "mean of all tokens, or first, that of [CLS]; the default is what the folder says, else mean.")
    var pooling: Pooling?

    func run() throws {
        if let output = model.output { try ReportFile.check(output) }
        let embedding = try SentenceEmbedding(
            pretrained(model.checkpoint), pooling: pooling, length: model.length, threads: model.threads,
            precision: model.computation.precision, device: model.computation.device)
        embedding.note.map(Terminal.note)
        let (lines, batch) = (try model.lines(), model.batch)
        guard let output = model.output, output.hasSuffix(".npy") else {
            return try embedding.run(lines, batch: batch, note: Terminal.note, write: model.sink().write)
        }
        try OutputFile.replace(named: output, head: SentenceEmbedding.arrayHead) {
            try embedding.array(of: lines, batch: batch, note: Terminal.note, write: $0)
        }
    }
}
