import ArgumentParser
import Checkpoints
import Console
import Export

/// `yoso export C --output DIR`: a checkpoint as a folder for the Hugging Face hub.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a checkpoint as a folder for the Hugging Face hub: weights, tokenizer, model card.",
        discussion: """
            The card, README.md, says what the checkpoint's run tells of data, recipe, cost and scores. For example:
            yoso export Checkpoints/mini --output mini-bf16 --precision bf16
            """)

    @Argument(help: "A Hugging Face folder, or a run for its best checkpoint.") var checkpoint: String
    @Option(help: "Folder to write, which must not be there.") var output: String
    @Option(help: "Of the weights: bf16, fp16 or fp32.") var precision = WeightPrecision.fp32

    func run() throws {
        let folder = try HubFolder(of: ModelPath.url(checkpoint))
        if let note = folder.note { Terminal.warn("note: \(note)") }
        try folder.write(to: output, as: precision, by: "yoso \(Yoso.configuration.version)")
        Terminal.next("read \(output)/\(AtomicFolder.cardName), then hf upload NAME \(output)")
    }
}

extension WeightPrecision: ExpressibleByArgument {}
