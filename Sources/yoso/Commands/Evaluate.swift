import ArgumentParser
import Console
import Experiments

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score fine-tuned checkpoints on their tasks' dev sets, or pretrained ones on text.",
        example: "yoso evaluate --checkpoint Checkpoints/sst2")

    @Option(
        help: """
            The task; the default is the one that the checkpoint was fine-tuned on. With all, --checkpoint is a folder of \
            runs by the names of their tasks, as finetune --task all leaves it; with lra one of the Long Range Arena's.
            """, completion: .task) var task: String?
    @Option(help: "A Hugging Face folder, or a run.", completion: .run) var checkpoint: String
    @Option(
        help: """
            Folder of the task's files; the default is that of the fine-tuning. Of a checkpoint that is only pretrained, a text \
            in which words are masked.
            """, completion: .file()) var data: String?
    @Option(help: "Most tokens of an input (of text \(Evaluation.textLength)); longer ones are cut, or for tags split.")
    var length: Int?
    @Option(help: "Most sequences of text; the default is \(Evaluation.textSequences).") var sequences: Int?
    @OptionGroup var computation: Computation
    @Option(
        help: """
            With all, WNLI by the majority of its training labels (majority), by its run like the others (train), or not \
            (skip); the default is majority where there is no run.
            """)
    var wnli: WNLIPolicy?
    @OptionGroup var hosts: Hosts

    func validate() throws {
        if let sequences, sequences < 1 { throw ValidationError("--sequences \(sequences): wanted at least 1") }
        if let wnli, task?.lowercased() != "all" { throw ValidationError("--wnli \(wnli.rawValue): wanted --task all") }
    }

    func run() throws {
        let evaluation = Evaluation {
            ($0.data, $0.length, $0.sequences) = (data, length, sequences)
            ($0.precision, $0.device) = (computation.precision, computation.device)
        }
        let (text, next) = try evaluation.text(of: checkpoint, task, wnli: wnli, RunDisplay())
        Terminal.write(text)
        if let next { Terminal.next(next) }
    }
}
