import ArgumentParser
import Console
import Experiments
import Foundation
import Glue
import Reports

struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Predict all test sets of GLUE and write the zip archive for its server, or check one.",
        example: "yoso submit --data glue/ --checkpoints Checkpoints/glue")

    @Option(help: "Folder of runs by their tasks' names, as finetune --task all leaves it.", completion: .directory)
    var checkpoints = "Checkpoints/glue"
    @Option(help: "Folder of all tasks' files; AX is diagnostic/diagnostic.tsv there.", completion: .directory)
    var data: String?
    @Option(help: "The archive that is written.", completion: .file(extensions: ["zip"])) var output = "submission.zip"
    @Option(help: "What stands for WNLI: majority of its test set's kind (0), or its model (train).")
    var wnli = WNLIPolicy.majority
    @Flag(help: "Write the first label, or 2.5, where a model or a test file is missing, rather than refuse.")
    var fillMissing = false
    @Option(help: "Say what is wrong with this archive, and do nothing else.", completion: .file(extensions: ["zip"]))
    var check: String?

    func validate() throws {
        guard wnli != .skip else { throw ValidationError("--wnli skip: the server wants all files; majority or train") }
        guard check != nil || data != nil else { throw ValidationError("no folder is named; pass --data DIR") }
    }

    func run() throws {
        if let check {
            let problems = try Submission.problems(of: URL(fileURLWithPath: check))
            problems.forEach { Terminal.line($0) }
            guard problems.isEmpty else { throw ExitCode(1) }
            Terminal.line("\(check): all \(Submission.files.count) files are as the server wants them")
            return Terminal.next("upload it at https://gluebenchmark.com/submit")
        }
        try ReportFile.check(output)
        let predictions = TestPredictions(checkpoints: checkpoints, data: data ?? "", wnli: wnli)
        let submission = try predictions.submission(fillMissing: fillMissing, RunDisplay())
        try submission.write(to: URL(fileURLWithPath: output))
        Terminal.line(output)
        Terminal.next("yoso submit --check \(output)")
    }
}
