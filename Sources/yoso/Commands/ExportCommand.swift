import ArgumentParser
import Checkpoints
import Console
import Experiments
import Export

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a checkpoint as a folder for the Hugging Face hub, or as an ONNX file with all that it takes.",
        discussion: "The card, README.md, says what the checkpoint's run tells of data, recipe, cost and scores.",
        example: "yoso export Checkpoints/mini --output mini-bf16 --precision bf16")

    @Argument(help: "A Hugging Face folder, or a run for its best checkpoint.", completion: .run) var checkpoint: String
    @Option(help: "Folder to write, which must not be there.", completion: .directory) var output: String
    @Option(help: "Of safetensors: bf16, fp16 or fp32, the default.") var precision: WeightPrecision?
    @Option(help: "safetensors, or onnx, in fp32.") var format = HubFolder.Format.Name.safetensors
    @Flag(help: "Of onnx: hidden states, for embeddings, in the place of logits.") var hiddenStates = false

    func run() throws {
        let folder = try HubFolder(of: ModelPath.url(checkpoint)) { Terminal.note("\($0)") }
        let format = try HubFolder.Format(format, precision, hiddenStates: hiddenStates)
        try folder.write(to: output, as: format, by: "yoso \(Yoso.configuration.version)")
        Terminal.next("read \("\(output)/\(AtomicFolder.cardName)"), then hf upload NAME \(output)")
    }
}

extension HubFolder.Format.Name: ExpressibleByArgument {}
