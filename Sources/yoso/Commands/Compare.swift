import ArgumentParser
import Console
import Experiments

/// `yoso compare A B`: whether one set of seeds is better than another, by a paired test.
struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether A scores better than B, two folders of finetune --seeds on one task.")

    @Argument(help: "A folder of finetune --seeds.") var first: String
    @Argument(help: "Another one, of the same task.") var second: String

    func run() throws {
        let comparison = try Comparison(first, second)
        comparison.lines.forEach(Terminal.line)
        if let better = comparison.better { Terminal.next("yoso predict --checkpoint \(better)") }
    }
}
