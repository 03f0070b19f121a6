import ArgumentParser
import Console
import Experiments
import Tokenization

struct Vocabulary: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vocab", abstract: "Train vocabularies.",
        example: "yoso vocab train --input text/ --size 16000 --output Vocab/mine", subcommands: [Train.self])

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Train a SentencePiece vocabulary on text.",
            example: "yoso vocab train --input text/ --size 16000 --output Vocab/mine")

        @Option(
            parsing: .upToNextOption,
            help: "Text files (.txt, .raw, .gz, .xz) or folders of them; sample is the generator that ships.",
            completion: .file())
        var input: [String]
        @Option(help: "Pieces in all, special tokens included.") var size: Int
        @Option(help: "Folder to write.", completion: .directory) var output: String
        @Option(help: "unigram or bpe.") var model = VocabularyTrainer.Model.unigram
        @Flag(help: "Keep upper case; the default folds it.") var cased = false
        @Option(help: "Most paragraphs to learn from, taken evenly from the text.") var paragraphs = 400_000
        @Option(help: "Share of the text's characters that have a piece, from 0.98 to 1.") var coverage = 0.9995

        func validate() throws { try usage { try training.check() } }

        private var training: VocabularyTraining {
            let trainer = VocabularyTrainer(size: size, model: model, lowercase: !cased, paragraphLimit: paragraphs)
            return VocabularyTraining(trainer, coverage: coverage, on: input)
        }

        func run() throws {
            try training.run(into: output, RunDisplay())
            let text = input.reduce("" as ShellCommand) { "\($0) --data \($1)" }
            Terminal.next("yoso pretrain mini --vocabulary \(output)\(text)")
        }
    }
}
