import ArgumentParser
import Console
import Experiments
import Foundation
import Tokenization

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Fetch the files of GLUE and look into them, or generate those of the Long Range Arena.",
        example: "yoso data glue --output glue/",
        subcommands: [DataGlue.self, DataCheck.self, DataLongRange.self])
}

struct DataCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read all tasks' files in a folder: counts, labels, traps; exit code 1 where one is damaged.",
        example: "yoso data check glue/ --vocabulary Vocab/sample")

    @Argument(help: "The folder of all tasks, or of one.", completion: .directory) var folder: String
    @Option(help: "Folder of a tokenizer, to say how many rows are cut.", completion: .directory) var vocabulary:
        String?
    @Option(parsing: .upToNextOption, help: "Lengths in tokens for --vocabulary; the default is 64, 128 and 256.")
    var lengths: [Int] = []
    @Option(parsing: .upToNextOption, help: "Text of a corpus, to look for dev sentences in.", completion: .file())
    var corpus: [String] = []

    func validate() throws {
        guard lengths.isEmpty || vocabulary != nil else { throw ValidationError("--lengths wants --vocabulary") }
        for length in lengths where length < 1 { throw ValidationError("--lengths \(length): wanted at least 1") }
    }

    func run() throws {
        let inspection = try TaskInspection {
            $0.tokenizer = try vocabulary.map { try TokenizerFolder.load(at: $0) }
            if !lengths.isEmpty { $0.lengths = lengths }
            $0.corpus = corpus
        }
        let outcome = try inspection.run(in: folder, RunDisplay())
        Terminal.line("\(outcome.files) files, \(outcome.damaged) damaged")
        if outcome.damaged > 0 { throw ExitCode(1) }
        if let task = outcome.task {
            Terminal.next("yoso finetune --task \(task) --data \(folder) --checkpoint FOLDER")
        }
    }
}
