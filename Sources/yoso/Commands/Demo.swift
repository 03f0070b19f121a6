import ArgumentParser
import Checkpoints
import Console
import Foundation

/// `yoso demo`: the whole road once on what ships: generated text, pretraining, fine-tuning, and what pretraining gave.
struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain on the text that ships, fine-tune with and without it, and print what it gave.")

    @Option(help: "Folder of the three runs, pretraining, pretrained and random, which begin afresh.")
    var output = "Checkpoints/demo"

    func run() throws {
        let folder = { (name: String) in "\(output)/\(name)" }
        try ["pretraining", "pretrained", "random"].forEach { try RunFolder.remove(URL(fileURLWithPath: folder($0))) }
        let start = ContinuousClock.now
        let pretraining = try Pretrain.parse(["tiny", "--output", folder("pretraining")])
        let (evaluation, baseline) = try pretraining.pretrain()
        let common = ["--task", "sst2", "--checkpoint", folder("pretraining/best")]
        let pretrained = try Finetune.parse(common + ["--output", folder("pretrained")]).finetune()
        let random = try Finetune.parse(common + ["--random-weights", "--output", folder("random")]).finetune()
        Terminal.line("")
        Terminal.line(
            "masked words: \(Show.percent(evaluation.body["maskedAccuracy"] ?? 0)) right on held-out text; "
                + "\(Show.percent(baseline)) by always guessing the most frequent one")
        Terminal.line(
            "sentiment:    \(Show.percent(pretrained.evaluation.primary)) of the dev rows right from the pretrained "
                + "encoder; \(Show.percent(random.evaluation.primary)) from random weights")
        Terminal.line("time:         \(Show.time(start.duration(to: .now).seconds))")
        Terminal.next("yoso predict --checkpoint \(folder("pretrained")), or yoso vocab train on text of your own")
    }
}
