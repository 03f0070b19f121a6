import ArgumentParser
import Benchmarks
import Console
import Experiments

struct BenchLongRange: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lra",
        abstract: "Time and memory of whole training steps of a task of the Long Range Arena, by attention.",
        example: "yoso bench lra --task text --data lra/")

    @Option(help: "A task, whose recipe gives model and batch; rows have its most tokens.", completion: .longRangeTask)
    var task = "text"
    @Option(help: "A key and its values, as in yoso sweep.") var over = "model.attention=softmax,yoso(hashes=32)"
    @OptionGroup var settings: RecipeSettings
    @Option(help: "Folder of the task's files, for its longest training rows; the default is random tokens.")
    var data: String?
    @Option(help: "Timed steps a round.") var steps = 1
    @Option(help: "Rounds, each of every value in turn; medians count.") var rounds = 3

    func run() throws {
        let bench = try LongRangeBench(
            task, over: over, settings.overrides(), data: data, rounds: rounds, steps: steps)
        try Bench.title(", \(bench.title)", on: bench.device)
        try bench.run(line: Terminal.line)
    }
}
