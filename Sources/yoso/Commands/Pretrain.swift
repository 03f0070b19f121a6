import ArgumentParser
import Console
import Experiments
import Recipes
import Training

struct Pretrain: ParsableCommand, RankedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain an encoder by a recipe, or continue an interrupted run to the same bits.",
        example: "yoso pretrain mini --data text/ --set precision=bf16")

    @Argument(
        help: "A recipe, or the name of one that ships, as tiny, mini, small, base.", completion: .pretrainingRecipe)
    var recipe: String
    @OptionGroup var settings: RecipeSettings
    @OptionGroup var files: PretrainingFiles
    @Option(help: "Pretrained folder to begin with, in the place of checkpoint.", completion: .run) var checkpoint:
        String?
    @Option(help: "Folder of the run; the default is Checkpoints/NAME.", completion: .directory) var output: String?
    @Flag(help: "Say at the end where the time of a step went.") var profile = false
    @Flag(help: "If ranks die, continue without them from the last checkpoint.") var elastic = false
    @Flag(help: "Build everything, run a few steps, and say what the run would take.") var dryRun = false
    @Option(help: "Like --dry-run, with an estimate for this many machines like this one.") var ranks: Int?
    @Option(help: "The network between them, with --ranks; the default is 25Gbit.") var network: String?

    private var isDry: Bool { dryRun || ranks != nil }

    func validate() throws {
        if network != nil, ranks == nil { throw ValidationError("--network wants --ranks") }
        for (option, isThere) in [("--elastic", elastic), ("--profile", profile)] where isThere && isDry {
            throw ValidationError("\(option) with \(dryRun ? "--dry-run" : "--ranks"), which trains nothing")
        }
    }

    func run() throws {
        let start = ResolvedRecipe.Override.list([("checkpoint", checkpoint, "--checkpoint")])
        let recipe = try PretrainingRecipe(recipe, settings.overrides(files.overrides + start))
        let pretraining = Pretraining(recipe, output: output)
        guard !isDry else {
            Terminal.line(try pretraining.estimate(RunDisplay(), ranks: ranks, over: network ?? "25Gbit").text)
            return Terminal.next("the same command without --dry-run or --ranks")
        }
        let phases = profile ? StepProfile(threads: Workers(threads: recipe.options.threads).threads) : nil
        defer { phases.map { PhaseTable(rows: $0.rows).lines.forEach(Terminal.line) } }
        let outcome = try pretraining.run(RunDisplay(), profile: phases, isElastic: elastic)
        Terminal.line(outcome.text)
        Terminal.next("yoso finetune --task sst2 --checkpoint \(pretraining.folder)")
    }
}
