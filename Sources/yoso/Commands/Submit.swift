import ArgumentParser
import Console
import Foundation
import Glue
import Reports
import Tasks
import Tokenization

/// `yoso submit`: the predictions of all test sets as the archive that the benchmark's server takes.
struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Predict all test sets of GLUE and write the zip archive for its server, or check one.")

    @Option(help: "Folder of runs by the names of their tasks, as finetune --task all leaves it.")
    var checkpoints = "Checkpoints/glue"
    @Option(help: "Folder of all tasks' files; AX is diagnostic/diagnostic.tsv there.") var data: String?
    @Option(help: "The archive that is written.") var output = "submission.zip"
    @Option(help: "What stands for WNLI: majority of its test set's kind (0), or its model (train).")
    var wnli = WNLIPolicy.majority
    @Flag(help: "Write the first label, or 2.5, where a model or a test file is missing, rather than refuse.")
    var fillMissing = false
    @Option(help: "Say what is wrong with this archive, and do nothing else.") var check: String?

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
        let folder = URL(fileURLWithPath: data ?? "", isDirectory: true)
        try ReportFile.check(output)
        let lacking = fillMissing ? [] : Submission.files.flatMap { lacks($0, $1, folder) }
        guard lacking.isEmpty else {
            throw TaskError("", "no \(lacking.joined(separator: ", no ")); or pass --fill-missing")
        }
        var submission = Submission()
        for (task, file) in Submission.files {
            // 65.1% of WNLI's test rows.
            if task.name == "wnli", wnli == .majority {
                try submission.add(task, file, Array(repeating: 0, count: file.rows ?? 0))
                Terminal.line("\(file.title): 0 everywhere, the majority")
                continue
            }
            let lacks = lacks(task, file, folder)
            guard lacks.isEmpty else {
                try submission.add(task, file, Array(repeating: task.target.isValue ? 2.5 : 0, count: file.rows ?? 0))
                Terminal.line("\(file.title): filled, no \(lacks.joined(separator: ", no "))")
                continue
            }
            let checkpoint = checkpoint(of: task)
            let classifier = try SavedClassifier(checkpoint)
            let rows = try TaskFile(task, file, labelled: false, in: folder).rows
            let logits = try classifier.logits(
                rows.map { $0.encoded(classifier.tokenizer, length: classifier.length) }, of: task)
            try submission.add(task, file, logits.map { task.target.prediction($0)[0] })
            Terminal.line("\(file.title): \(Show.grouped(rows.count)) rows by \(checkpoint.relativePath)")
        }
        try submission.write(to: URL(fileURLWithPath: output))
        Terminal.line(output)
        Terminal.next("yoso submit --check \(output)")
    }

    /// AX is predicted by the model of MNLI.
    private func checkpoint(of task: TaskSource) -> URL {
        URL(
            fileURLWithPath: "\(checkpoints)/\(task == GlueTask.diagnostic ? "mnli" : task.name)/best",
            isDirectory: true)
    }

    /// What is not there of the model and the test file.
    private func lacks(_ task: TaskSource, _ file: TaskSource.File, _ folder: URL) -> [String] {
        guard task.name != "wnli" || wnli != .majority else { return [] }
        let checkpoint = checkpoint(of: task)
        return [
            FileManager.default.fileExists(atPath: checkpoint.path) ? nil : checkpoint.relativePath,
            TaskFile.exists(task, file, in: folder) ? nil : "\(data ?? "")/\(task.title)/\(file.name)",
        ].compactMap { $0 }
    }
}
