import ArgumentParser
import Checkpoints
import Console
import Corpora
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
            let folder = URL(fileURLWithPath: output)
            if let other = TokenizerFolder.strangeFile(in: folder) {
                throw TokenizationError(output, "holds \(other); wanted a new folder, or one of a vocabulary alone")
            }
            let text = try SampleData.text(input)
            if let note = text.note { Terminal.line(note) }
            let trainer = VocabularyTrainer(size: size, model: model, lowercase: !cased, paragraphLimit: paragraphs)
            let tokenizer = try Heartbeat.during { try self.train(trainer, on: text, $0) }
            try AtomicFolder.write(to: folder) { try OutputFile.write(TokenizerFolder.files(of: tokenizer), to: $0) }
            Terminal.line(
                "\(output): \(Show.grouped(tokenizer.vocabularySize)) pieces, SHA-256 \(tokenizer.fingerprint)")
            if let objection = TokenizerFolder.objection(tokenizer) { Terminal.line("note: \(objection)") }
            Terminal.next("yoso pretrain mini --vocabulary \(output) --data \(input.joined(separator: " "))")
        }

        /// Tells of what is read; the library says nothing while it trains.
        private func train(
            _ trainer: VocabularyTrainer, on text: TextFiles, _ heartbeat: Heartbeat
        ) throws -> SentencePieceTokenizer {
            heartbeat.enter("counting paragraphs")
            let reader = try ParagraphReader(text, atMost: paragraphs) {
                heartbeat.enter("counting paragraphs, \(Show.percent($0))")
            }
            var count = 0
            return try trainer.train {
                if count % 1024 == 0 { heartbeat.enter("reading, \(Show.percent(reader.share))") }
                let paragraph = try reader.next()
                count += paragraph == nil ? 0 : 1
                if paragraph == nil || count == paragraphs {
                    heartbeat.enter("training on \(Show.grouped(count)) paragraphs")
                }
                return paragraph
            }
        }
    }
}

extension VocabularyTrainer.Model: ExpressibleByArgument {}
