import ArgumentParser

/// BERT-style encoders on CPUs: pretraining, fine-tuning on GLUE, evaluation.
@main
struct Yoso: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "yoso",
        abstract: "Pretrain BERT-style encoders and fine-tune them on GLUE, on ordinary CPUs.",
        subcommands: [
            Demo.self, Vocabulary.self, DataCommand.self, Pretrain.self, Finetune.self, Evaluate.self, Compare.self,
            WriteReport.self,
            Predict.self,
            Fill.self, Submit.self, Sweep.self, Explain.self, VerifyResume.self, Bench.self, Doctor.self,
        ])

    static func main() {
        do {
            var command = try parseAsRoot()
            try AddressSpace.check()
            try command.run()
        } catch {
            let code = exitCode(for: error)
            guard code != .success else { exit(withError: error) }
            let message = fullMessage(for: error)
            if !message.isEmpty { Terminal.warn(message) }
            exit(withError: code)
        }
    }
}
