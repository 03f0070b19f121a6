import ArgumentParser
import Checkpoints
import Console
import Corpora
import Foundation
import Recipes
import Reports
import Tensors
import Tokenization
import Training

/// `yoso pretrain RECIPE`: pretrains an encoder, or continues where the run was left.
struct Pretrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain an encoder by a recipe, or continue an interrupted run to the same bits.")

    @Argument(help: "A pretraining recipe, or the name of one that ships: tiny, mini, small, base.") var recipe: String
    @OptionGroup var settings: Settings
    @Option(help: "Text files or folders in the place of corpus.text.") var data: String?
    @Option(help: "Folder of the tokenizer in the place of vocabulary.") var vocabulary: String?
    @Option(help: "Pretrained folder to begin with, in the place of checkpoint.") var checkpoint: String?
    @Option(help: "Folder of the run; the default is Checkpoints/NAME.") var output: String?
    @Flag(help: "Say at the end where the time of a step went.") var profile = false
    @Flag(help: "Build everything, run a few steps, and say what the run would take.") var dryRun = false

    func run() throws {
        guard dryRun else {
            _ = try pretrain()
            return Terminal.next("yoso finetune --task sst2 --checkpoint \(try folder(of: read()))")
        }
        let recipe = try PretrainingRecipe(recipe, overrides)
        let setup = try PretrainingSetup(recipe, StatusLine())
        Terminal.line(EstimateTable(PretrainingEstimate(setup.encoder, recipe.options, setup.data)).text)
        Terminal.next("the same without --dry-run")
    }

    private func folder(of recipe: PretrainingRecipe) -> String { output ?? "Checkpoints/\(recipe.name)" }

    /// The recipe as the run will have it: reading it finds what is wrong with it before other work begins.
    func read() throws -> PretrainingRecipe { try PretrainingRecipe(recipe, overrides) }

    /// Runs to the end and returns the last evaluation, and what always guessing the most frequent token gives.
    func pretrain() throws -> (EvaluationReport<Figures>, baseline: Double) {
        let recipe = try PretrainingRecipe(recipe, overrides)
        let interruption = Signals.shared.interruption()
        let folder = try RunFolder(URL(fileURLWithPath: folder(of: recipe), isDirectory: true))
        let setup = try PretrainingSetup(recipe, StatusLine())
        Terminal.line("\(folder.url.relativePath): OpenBLAS \(OpenBLAS.coreName) core")
        if let pin = OpenBLASPin.current { Terminal.line("note: \(pin)") }
        let phases = profile ? StepProfile(threads: Workers(threads: recipe.options.threads).threads) : nil
        let start = try recipe.checkpoint.map {
            try PretrainedStart(URL(fileURLWithPath: $0, isDirectory: true), setup.tokenizer)
        }
        defer { phases.map { PhaseTable(rows: $0.rows).lines.forEach(Terminal.line) } }
        func run<O: PretrainingObjective>(_: O.Type) throws -> EvaluationReport<Figures> {
            let run = try Run<O>(
                encoder: setup.encoder, options: recipe.options, tokenizer: setup.tokenizer, data: setup.data,
                folder: folder, start: start, recipe: recipe.resolved.yaml, profile: phases, RunDisplay().show)
            try stopping { try run(interruption) }
            return try run.lastEvaluation()
        }
        let objective = recipe.options.objectiveType
        let evaluation = try run(objective)
        try folder.write(try ReportFile.json(evaluation), to: "report.json")
        let guess = setup.tokenizer.piece(setup.baseline.token)
        Terminal.line(
            "\(Show.result(evaluation.body)) on held-out text; always guessing '\(guess)' gives a masked accuracy of "
                + Show.percent(setup.baseline.accuracy))
        return (evaluation, setup.baseline.accuracy)
    }

    private var overrides: [ResolvedRecipe.Override] {
        settings.overrides
            + [
                ("corpus.text", data, "--data"), ("vocabulary", vocabulary, "--vocabulary"),
                ("checkpoint", checkpoint, "--checkpoint"),
            ].compactMap { key, value, name in
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
        Terminal.line("\(error)")
        throw ExitCode(130)
    }
}
