import Checkpoints
import Console
import Foundation
import Recipes
import Training

/// The whole road once on what ships: generated text, pretraining, fine-tuning, and what pretraining gave.
public struct Demonstration {
    private let output: String

    /// - Parameter output: folder of the three runs, which go on where they were stopped, and begin afresh once all have ended.
    public init(in output: String) { self.output = output }

    /// The folder of a run: pretraining, pretrained or random.
    public func folder(_ name: String) -> String { "\(output)/\(name)" }

    /// - Throws: as `Pretraining.run` and `FineTuning.run`; `CheckpointError` where other files lie in the folders.
    public func run(_ observer: some RunObserver) throws {
        let names = ["pretraining", "pretrained", "random"]
        func holds(_ name: String, _ file: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(folder(name))/\(file)")
        }
        if !holds(names[0], RunFolder.lockName) || holds(names[2], RunFolder.reportName) {
            try RunFolder.remove(names.map { URL(fileURLWithPath: folder($0)) })
        }
        let start = ContinuousClock.now
        let pretraining = Pretraining(try PretrainingRecipe("tiny"), output: folder("pretraining"))
        let outcome = try pretraining.run(observer)
        observer.line(outcome.text)
        func sentiment(_ name: String, randomWeights: Bool) throws -> TaskEvaluation {
            try FineTuning {
                ($0.task, $0.checkpoint) = ("sst2", folder("pretraining/best"))
                ($0.randomWeights, $0.output) = (randomWeights, folder(name))
            }.run(observer).evaluation
        }
        let pretrained = try sentiment("pretrained", randomWeights: false)
        let random = try sentiment("random", randomWeights: true)
        observer.line("")
        observer.line(
            "masked words: \(Show.percent(outcome.evaluation.body["maskedAccuracy"] ?? 0)) right on held-out text; "
                + "\(Show.percent(outcome.guess.accuracy)) by always guessing the most frequent one")
        observer.line(
            "sentiment:    \(Show.percent(pretrained.primary)) of the dev rows right from the pretrained "
                + "encoder; \(Show.percent(random.primary)) from random weights")
        observer.line("time:         \(Show.time(start.duration(to: .now).seconds))")
    }
}
