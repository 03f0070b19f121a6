import ArgumentParser
import Console
import Experiments
import Recipes

struct Sweep: ParsableCommand, RankedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pretrain once for every value of a key, fine-tune each on request, and compare them in one table.",
        example: "yoso sweep mini --over model.attention=softmax,yoso --data text/")

    @Argument(help: "A pretraining recipe.", completion: .pretrainingRecipe) var recipe: String
    @Option(
        help: """
            The key and its values, for example model.attention=softmax,yoso(hashes=16),yoso(hashes=32 convolution=33): \
            keys in brackets belong to that value.
            """) var over: String
    @OptionGroup var settings: RecipeSettings
    @OptionGroup var files: PretrainingFiles
    @Option(help: "A task of GLUE, or a fine-tuning recipe's path, to fine-tune all results on.", completion: .glueTask)
    var task: String?
    @Option(help: "Folder of the task's files.", completion: .directory) var taskData: String?
    @Option(help: "Folder of the runs and of table.md.", completion: .directory) var output = "Checkpoints/sweep"
    @Option(help: "What ranks share out: the steps of each run, or whole runs.") var spread = Spread.steps

    func run() throws {
        let sweep = try Experiments.Sweep(
            recipe, settings.overrides(files.overrides), over: over, task: task, taskData: taskData, output: output,
            spread: spread)
        try sweep.run(RunDisplay())
        Terminal.next("yoso report \(sweep.first)")
    }
}
