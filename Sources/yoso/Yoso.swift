import ArgumentParser
import Benchmarks
import Console
import Experiments
import Foundation
import Recipes
import Training

/// BERT-style encoders on CPUs and GPUs: pretraining, fine-tuning on GLUE, evaluation.
@main
struct Yoso: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yoso",
        abstract: "Pretrain BERT-style encoders, fine-tune and use them, on ordinary CPUs and GPUs.",
        example: "yoso demo", version: ProgramBuild.version,
        subcommands: [
            Demo.self, Vocabulary.self, DataCommand.self, Pretrain.self, Finetune.self, Runs.self, Evaluate.self,
            Compare.self, WriteReport.self, Watch.self, Predict.self, Fill.self, Embed.self, ExportCommand.self,
            Serve.self, Submit.self, Sweep.self, Explain.self, VerifyResume.self, Bench.self, Doctor.self,
        ])

    static func main() {
        OpenBLASChoice.startAgainWhereBetter()
        Terminal.prepare()
        do {
            try work()
            try Terminal.check()
        } catch let misuse as Misuse {
            Terminal.end(misuse.message(below: Self.self), code: ExitCode.validationFailure.rawValue)
        } catch {
            let (message, code) = (fullMessage(for: error), exitCode(for: error))
            // Names and lines of files stand in messages, and may hold anything; of recipes alone several lines are told.
            Terminal.end(code != .failure || error is RecipeErrors ? message : message.onOneLine, code: code.rawValue)
        }
        Terminal.end("", code: 0)
    }

    /// Help and version come as errors, and are output as any other.
    private static func work() throws {
        do {
            try NearMiss.check(of: Self.self)
            var command = try parseAsRoot()
            try AddressSpace.check()
            try KernelLevel.check()
            let hosts = (command as? any RankedCommand)?.settings.hosts ?? (command as? Evaluate)?.hosts
            try RankCheck.check(isMade: hosts != nil, allowsMixed: hosts?.allowMixed ?? false)
            try TunedRoutes.with { try Misuse.told(of: type(of: command)) { try usage { try command.run() } } }
        } catch let error as TrainingError {
            // A stop on request is no error: it is said, and the exit code is that of a signal.
            guard case .interrupted = error else { throw error }
            Terminal.line("\(error)")
            throw ExitCode(130)
        } catch let error where exitCode(for: error).isSuccess {
            Terminal.line(fullMessage(for: error))
        }
    }
}

/// A command that several ranks may work on.
protocol RankedCommand { var settings: RecipeSettings { get } }

/// Runs `body`, whose `UsageError` becomes one of the command line.
func usage(_ body: () throws -> Void) throws {
    do { try body() } catch let error as UsageError { throw ValidationError("\(error)") }
}
