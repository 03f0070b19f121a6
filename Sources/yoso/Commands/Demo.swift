import ArgumentParser
import Console
import Experiments

/// `yoso demo`: the whole road once on what ships: generated text, pretraining, fine-tuning, and what pretraining gave.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain on the text that ships, fine-tune with and without it, and print what it gave.")

    @Option(help: "Folder of the three runs, pretraining, pretrained and random, which begin afresh.")
    var output = "Checkpoints/demo"

    func run() throws {
        let demonstration = Demonstration(in: output)
        try demonstration.run(RunDisplay())
        Terminal.next(
            "yoso predict --checkpoint \(demonstration.folder("pretrained")), or yoso vocab train on text of your own")
    }
}
