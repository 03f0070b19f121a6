import ArgumentParser
import Console
import Experiments
import Recipes

struct Finetune: ParsableCommand, RankedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fine-tune an encoder on a task, GLUE, or the Long Range Arena, or continue an interrupted run.",
        example: "yoso finetune --task sst2 --checkpoint Checkpoints/mini --data glue/")

    @Argument(
        help: """
            A recipe, by its name or path, whose task may be your own; the default is the one named like --task, or for sst2 \
            without --data the recipe sample.
            """, completion: .fineTuningRecipe)
    var recipe: String?
    @Option(help: "A task of GLUE or of the Long Range Arena, all, lra, or a recipe's path.", completion: .task)
    var task: String?
    @OptionGroup var settings: RecipeSettings
    @Option(help: "Pretrained folder, or a run; most recipes have the model in the box.", completion: .run)
    var checkpoint: String?
    @Option(help: "Folder of the task's files in the place of data.", completion: .directory) var data: String?
    @Option(
        help: "Folder of the run, or all; by default Checkpoints/NAME, TASK-seeds, TASK-search, glue, lra, lra-short.",
        completion: .directory)
    var output: String?
    @Option(
        help: "With --task all, WNLI by the majority of training labels (default), trained (train), or not (skip).")
    var wnli: WNLIPolicy?
    @Option(
        help: """
            Keys and values as a published table has them, of \
            \(FineTuningProtocol.all.map(\.name).joined(separator: ", ")); --set overrides them.
            """, completion: .fineTuningProtocol)
    var `protocol`: String?
    @Option(
        help: """
            A key and values to try, for example optimizer.rate=1e-4,3e-4. Repeatable; all combinations are tried, by \
            successive halving.
            """)
    var search: [String] = []
    @Option(help: "Begin with Checkpoints/TASK/best; with all, MRPC, STS-B and RTE do.", completion: .glueTask)
    var fromTask: String?
    @Option(help: "Number of runs, of seeds from 1 on, and their statistics; with all, medians in the table.")
    var seeds: Int?
    @Flag(help: "Take the checkpoint's shape and vocabulary, but random weights.") var randomWeights = false
    @Option(
        help: """
            With lra or one of its tasks, a key and its values, each a row of the table, for example \
            model.attention=softmax,yoso(hashes=32 bits=8): keys in brackets belong to that value.
            """)
    var over: String?
    @Flag(help: "With lra or one of its tasks, the short recipe, for two cores.") var short = false
    @Option(help: "What ranks share out: the steps of each run, or whole runs.") var spread = Spread.steps

    func validate() throws { try usage { try plan(settings.overrides()).check() } }

    private func plan(_ overrides: [ResolvedRecipe.Override]) -> FineTuningPlan {
        FineTuningPlan {
            ($0.run.recipe, $0.run.task, $0.run.overrides) = (recipe, task, overrides)
            ($0.run.checkpoint, $0.run.data, $0.run.output) = (checkpoint, data, output)
            ($0.run.fromTask, $0.run.randomWeights, $0.protocolName) = (fromTask, randomWeights, self.protocol)
            $0.run.spread = spread
            ($0.grid, $0.seeds, $0.wnli, $0.over, $0.isShort) = (search, seeds, wnli, over, short)
        }
    }

    func run() throws { Terminal.next(try plan(settings.overrides()).run(RunDisplay())) }
}
