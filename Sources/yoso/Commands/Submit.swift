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

    @Option(
        help:
            "Folder of runs by their tasks' names, as finetune --task all leaves it in Checkpoints/glue, the default.",
        completion: .directory)
    var checkpoints: String?
    @Option(help: "Folder of all tasks' files; AX is diagnostic/diagnostic.tsv there.", completion: .directory)
    var data: String?
    @Option(help: "The archive that is written; the default is submission.zip.", completion: .file(extensions: ["zip"]))
    var output: String?
    @Option(help: "WNLI's answers: majority (0, as most of its test set; the default), or train, its model's.")
    var wnli: WNLIPolicy?
    @Flag(help: "Write the first label, or 2.5, where a model or a test file is missing, instead of refusing.")
    var fillMissing = false
    @Option(help: "Say what is wrong with this archive, and do nothing else.", completion: .file(extensions: ["zip"]))
    var check: String?

    func validate() throws {
        guard wnli != .skip else { throw ValidationError("--wnli skip: all files are needed: majority or train") }
        let others: [(String, Bool)] = [
            ("--checkpoints", checkpoints != nil), ("--data", data != nil), ("--output", output != nil),
            ("--wnli", wnli != nil), ("--fill-missing", fillMissing),
        ]
        for (option, isThere) in others where isThere && check != nil {
            throw ValidationError("--check with \(option): wanted one of them")
        }
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
        let output = output ?? "submission.zip"
        try ReportFile.check(output)
        let predictions = TestPredictions(
            checkpoints: checkpoints ?? "Checkpoints/glue", data: data ?? "", wnli: wnli ?? .majority)
        let submission = try predictions.submission(fillMissing: fillMissing, RunDisplay())
        try submission.write(to: URL(fileURLWithPath: output))
        Terminal.line(output)
        Terminal.next("yoso submit --check \(output)")
    }
}
