import ArgumentParser
import Checkpoints
import Console
import Experiments
import Foundation

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score fine-tuned checkpoints on their tasks' dev sets.",
        example: "yoso evaluate --checkpoint Checkpoints/sst2")

    @Option(
        help: """
            The task; the default is the one that the checkpoint was fine-tuned on. With all, --checkpoint is a folder of \
            runs by the names of their tasks, as finetune --task all leaves it; with lra one of tasks of the Long Range Arena.
            """, completion: .task) var task: String?
    @Option(help: "A fine-tuned Hugging Face folder, or a run.", completion: .run) var checkpoint: String
    @Option(help: "Folder of the task's files; the default is that of the fine-tuning.", completion: .directory)
    var data: String?
    @Option(help: "Longest input in tokens; longer texts are cut, or for tags read in pieces.") var length: Int?
    @OptionGroup var computation: Computation
    @Option(
        help: """
            With all, WNLI by the majority of its training labels (majority), by its run like the others (train), or not \
            (skip); the default is majority where there is no run.
            """)
    var wnli: WNLIPolicy?
    @OptionGroup var hosts: Hosts

    func validate() throws {
        if let wnli, task?.lowercased() != "all" { throw ValidationError("--wnli \(wnli.rawValue): wanted --task all") }
    }

    func run() throws {
        let evaluation = Evaluation {
            ($0.data, $0.length) = (data, length)
            ($0.precision, $0.device) = (computation.precision, computation.device)
        }
        if let text = try evaluation.longRange(checkpoint, task) { return Terminal.write(text) }
        guard task?.lowercased() == "all" else {
            Terminal.line(try evaluation.score(of: ModelPath.url(checkpoint), task, RunDisplay()).text)
            return Terminal.next("yoso predict --checkpoint \(checkpoint)")
        }
        let folder = URL(fileURLWithPath: checkpoint, isDirectory: true)
        Terminal.write(try evaluation.table(of: folder, wnli: wnli, RunDisplay()))
        Terminal.next("yoso submit --data DIR --checkpoints \(checkpoint)")
    }
}
