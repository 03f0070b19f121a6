import ArgumentParser
import Checkpoints
import Corpora
import Foundation
import Recipes
import Tensors
import Tokenization
import Training

/// `yoso pretrain RECIPE`: pretrains an encoder, or continues where the run was left.
struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain an encoder by a recipe, or continue an interrupted run to the same bits.")

    @Argument(help: "A pretraining recipe.") var recipe: String
    @OptionGroup var settings: Settings
    @Option(help: "Text files or folders in the place of corpus.text.") var data: String?
    @Option(help: "Folder of the tokenizer in the place of vocabulary.") var vocabulary: String?
    @Option(help: "Folder of the run; the default is Checkpoints/NAME.") var output: String?
    @Flag(help: "Build everything, run two steps, and say what the run would take.") var dryRun = false

    func run() throws {
        let recipe = try PretrainingRecipe(recipe, overrides)
        let signals = Signals()
        let setup = try PretrainingSetup(recipe, StatusLine())
        if dryRun {
            print(EstimateTable(PretrainingEstimate(setup.encoder, recipe.options, setup.data)).text)
            return
        }
        let url = URL(fileURLWithPath: output ?? "Checkpoints/\(recipe.name)", isDirectory: true)
        let folder = try RunFolder(url)
        try folder.write(recipe.resolved.yaml, to: "recipe.yaml")
        let run = PretrainingRun(
            encoder: setup.encoder, options: recipe.options, tokenizer: setup.tokenizer, data: setup.data,
            folder: folder)
        let display = PretrainingDisplay()
        print("\(url.relativePath): OpenBLAS \(OpenBLAS.coreName) core")
        let evaluation = try stopping { try run.run(signals.interruption, display.show) }
        try folder.write(try Report.json(evaluation), to: "report.json")
        print(
            "masked accuracy \(Show.percent(evaluation.maskedAccuracy)) on held-out text; "
                + "always guessing '\(setup.tokenizer.piece(setup.baseline.token))' gives \(Show.percent(setup.baseline.accuracy))"
        )
    }

    private var overrides: [ResolvedRecipe.Override] {
        settings.overrides
            + [("corpus.text", data, "--data"), ("vocabulary", vocabulary, "--vocabulary")].compactMap {
                key, value, name in
                value.map { ResolvedRecipe.Override(key: key, value: $0, argument: "\(name) \($0)") }
            }
    }
}

/// Runs `work`; a stop on request is no error: it is said, and the exit code is that of a signal.
func stopping<Result>(_ work: () throws -> Result) throws -> Result {
    do {
        return try work()
    } catch let error as TrainingError {
        guard case .interrupted = error else { throw error }
        print(error)
        throw ExitCode(130)
    }
}
