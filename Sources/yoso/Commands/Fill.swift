import ArgumentParser
import Console
import Experiments
import Inference

struct Fill: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the likeliest words for every [MASK] of a text.",
        example: "yoso fill \"the [MASK] sat on the mat\" --checkpoint Checkpoints/mini")

    @Argument(help: "A text with [MASK] in the place of one word or several.") var text: String
    @Option(help: "A pretrained Hugging Face folder, or a run; the default is the model in the box.", completion: .run)
    var checkpoint: String?
    @Option(help: "Words a mask.") var top = 5
    @OptionGroup var computation: Computation

    func validate() throws { guard top > 0 else { throw ValidationError("--top \(top): wanted at least 1") } }

    func run() throws {
        // No earlier: of a text without quotation marks the words behind the first are what is wrong.
        guard MaskFilling.hasMask(text) else { throw ValidationError("the text has no \(MaskFilling.mask)") }
        let filling = try MaskFilling(
            pretrained(checkpoint), precision: computation.precision, device: computation.device)
        filling.note.map(Terminal.note)
        let masks = try filling.words(filling.encoded(text), atMost: top)
        for (index, words) in masks.enumerated() {
            let texts = words.map { "\($0.text == "," ? "','" : $0.text) \(Show.percent($0.probability))" }
            Terminal.line((masks.count > 1 ? "mask \(index + 1): " : "") + texts.joined(separator: ", "))
        }
    }
}
