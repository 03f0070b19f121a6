import ArgumentParser
import Console
import Experiments
import Recipes

struct VerifyResume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run 2N steps at once, then again with a kill -9 after N; compare the hashes of the weights.",
        example: "yoso verify-resume tiny --at 20 --data text/")

    @Argument(help: "A pretraining recipe.", completion: .pretrainingRecipe) var recipe: String
    @Option(help: "Steps before the kill.") var at: Int
    @OptionGroup var settings: RecipeSettings
    @OptionGroup var files: PretrainingFiles
    @Option(help: "Folder of the two runs, straight and killed, which begin afresh.", completion: .directory)
    var output =
        "Checkpoints/verify-resume"

    func validate() throws {
        guard (1...1_000_000_000).contains(at) else {
            throw ValidationError("--at \(at); wanted 1 to 1,000,000,000")
        }
    }

    func run() throws {
        let overrides = try settings.overrides(files.overrides)
        for setting in overrides where ["budget", "checkpoints.every"].contains(setting.key) {
            throw ValidationError("\(setting.argument): --at says it, wanted one of them")
        }
        _ = try PretrainingRecipe(recipe, overrides)
        try ResumeProof(at: at, output: output) { folder in
            ["pretrain", recipe, "--output", folder] + settings.arguments
                + ["--set", "budget=\(2 * at) steps", "--set", "checkpoints.every=\(at) steps"]
                + files.arguments
        }.run(RunDisplay())
        Terminal.line("the weights are the same bits")
        Terminal.next("yoso pretrain \(recipe)")
    }
}
