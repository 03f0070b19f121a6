import ArgumentParser
import Console
import Experiments

struct Compare: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether A scores better than B, two folders of finetune --seeds on one task.",
        example: "yoso compare Checkpoints/rte-a Checkpoints/rte-b")

    @Argument(help: "A folder of finetune --seeds.", completion: .seeds) var first: String
    @Argument(help: "Another one, of the same task.", completion: .seeds) var second: String

    func run() throws {
        let comparison = try Comparison(first, second)
        comparison.lines.forEach(Terminal.line)
        if let better = comparison.better { Terminal.next("yoso predict --checkpoint \(better)") }
    }
}
