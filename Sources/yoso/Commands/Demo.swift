import ArgumentParser
import Console
import Experiments

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain on the text that ships, fine-tune with and without it, and print what it gave.",
        example: "yoso demo")

    @Option(help: "Folder of the three runs, which go on if stopped, or else begin afresh.", completion: .directory)
    var output = "Checkpoints/demo"

    func run() throws {
        let demonstration = Demonstration(in: output)
        try demonstration.run(RunDisplay())
        Terminal.next(
            "yoso predict --checkpoint \(demonstration.folder("pretrained")), or yoso vocab train on text of your own")
    }
}
