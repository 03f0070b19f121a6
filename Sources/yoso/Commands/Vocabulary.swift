import ArgumentParser
import Checkpoints
import Console
import Corpora
import Experiments
import Foundation
import Tokenization

/// `yoso vocab`: vocabularies.
struct Vocabulary: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocab", abstract: "Train vocabularies.", subcommands: [Train.self])

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Train a SentencePiece vocabulary on text.")

        @Option(
            parsing: .upToNextOption,
            help: "Text files (.txt, .raw, .gz, .xz) or folders of them; sample is the generator that ships.")
        var input: [String]
        @Option(help: "Pieces in all, special tokens included.") var size: Int
        @Option(help: "Folder to write.") var output: String
        @Option(help: "unigram or bpe.") var model = VocabularyTrainer.Model.unigram
        @Flag(help: "Keep upper case; the default folds it.") var cased = false
        @Option(help: "Most paragraphs to learn from, taken evenly from the text.") var paragraphs = 400_000

        func validate() throws {
            guard size >= 8 else { throw ValidationError("--size \(size) is too small; wanted at least 8") }
            guard size <= 10_000_000 else { throw ValidationError("--size \(size); wanted at most 10,000,000") }
            guard (1...1_000_000_000).contains(paragraphs) else {
                throw ValidationError("--paragraphs \(paragraphs); wanted 1 to 1,000,000,000")
            }
        }

        func run() throws {
            let trainer = VocabularyTrainer(size: size, model: model, lowercase: !cased, paragraphLimit: paragraphs)
            try VocabularyTraining(trainer, on: input).run(into: output, RunDisplay())
            Terminal.next("yoso pretrain mini --vocabulary \(output) --data \(input.joined(separator: " "))")
        }
    }
}

extension VocabularyTrainer.Model: ExpressibleByArgument {}
