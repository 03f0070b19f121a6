import ArgumentParser
import Console
import Experiments
import Recipes

import enum Options.Spelling

/// `yoso finetune --task T`: fine-tunes a pretrained encoder on a GLUE task.
struct Finetune: ParsableCommand, RankedCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fine-tune a pretrained encoder on a GLUE task, or on all of them, or continue an interrupted run.")

    @Argument(
        help: """
            A recipe, by its name or path, whose task may be your own; the default is the one called as --task, or for sst2 \
            without --data sample.yaml.
            """)
    var recipe: String?
    @Option(help: "A task of GLUE or of the Long Range Arena; all or lra for every one whose files there are.")
    var task: String?
    @OptionGroup var settings: Settings
    @Option(help: "Pretrained Hugging Face folder, or a run, in the place of checkpoint.") var checkpoint: String?
    @Option(help: "Folder of the task's files in the place of data.") var data: String?
    @Option(help: "Folder of the run, or with all of the runs; the default is Checkpoints/NAME or Checkpoints/glue.")
    var output: String?
    @Option(help: "With all, WNLI by its training labels' majority, like the others (train), or not (skip).")
    var wnli = WNLIPolicy.majority
    @Option(
        help: """
            Keys and values as a published table has them: bert, miniatures, m-fac, run-glue, sane, mosaic or electra; \
            --set goes over them.
            """)
    var `protocol`: String?
    @Option(
        help: """
            A key and values to try, for example optimizer.rate=1e-4,3e-4; repeatable, all combinations by successive \
            halving.
            """)
    var search: [String] = []
    @Option(help: "Begin with another task's encoder, Checkpoints/TASK/best; with all, MRPC, STS-B and RTE do.")
    var fromTask: String?
    @Option(help: "Runs with the seeds 1 to this, and their statistics; with all, medians in the table.") var seeds:
        Int?
    @Flag(help: "Take the checkpoint's shape and vocabulary, but random weights.") var randomWeights = false

    func validate() throws {
        if let name = self.protocol, FineTuningProtocol.named(name) == nil {
            let names = FineTuningProtocol.all.map(\.name)
            throw ValidationError(
                "--protocol \(name)\(Spelling.hint(for: name, among: names)): wanted one of \(names.joined(separator: ", "))"
            )
        }
        try usage { try request.check(grid: search, seeds: seeds) }
    }

    private var request: FineTuning {
        FineTuning {
            ($0.recipe, $0.task, $0.overrides) = (recipe, task, settings.overrides)
            ($0.checkpoint, $0.data, $0.output, $0.fromTask) = (checkpoint, data, output, fromTask)
            ($0.published, $0.randomWeights) = (self.protocol.flatMap(FineTuningProtocol.named), randomWeights)
        }
    }

    func run() throws {
        if task == "lra" {
            let all = AllLongRangeTasks(request, grid: search, seeds: seeds)
            try all.run(RunDisplay())
            Terminal.next("yoso evaluate --task lra --checkpoint \(all.folder)")
        } else if task == "all" {
            let all = AllTasks(request, grid: search, wnli: wnli, seeds: seeds)
            try all.run(RunDisplay())
            Terminal.next("yoso submit --data \(data ?? "DIR") --checkpoints \(all.folder)")
        } else if let seeds {
            let seeds = Seeds(request, count: seeds, grid: search)
            try seeds.run(RunDisplay())
            Terminal.next("yoso compare \(try seeds.folder) ANOTHER, of other settings")
        } else if let recipe = try request.longRangeRecipe(grid: search) {
            _ = try request.run(recipe, RunDisplay())
            Terminal.next("yoso evaluate --checkpoint \(output ?? "Checkpoints/\(recipe.name)")")
        } else {
            let search = Search(request, grid: search)
            _ = try search.run(RunDisplay())
            Terminal.next("yoso predict --checkpoint \(try search.folder), yoso report \(try search.folder)")
        }
    }
}

extension WNLIPolicy: ExpressibleByArgument {}
