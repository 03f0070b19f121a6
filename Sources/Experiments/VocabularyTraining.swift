import Checkpoints
import Console
import Corpora
import Foundation
import Tokenization
import Training

/// A vocabulary of text, trained and written.
public struct VocabularyTraining {
    /// Text files or folders; `sample` is generated.
    private let input: [String]
    private var trainer: VocabularyTrainer

    /// - Parameter coverage: that of the trainer.
    public init(_ trainer: VocabularyTrainer, coverage: Double, on input: [String]) {
        (self.trainer, self.input) = (trainer, input)
        self.trainer.coverage = coverage
    }

    /// - Throws: `UsageError` where a number is out of its range.
    public func check() throws {
        let (size, paragraphs) = (trainer.size, trainer.paragraphLimit)
        guard size >= 8 else { throw UsageError("--size \(size) is too small; wanted at least 8") }
        guard size <= 10_000_000 else { throw UsageError("--size \(size); wanted at most 10,000,000") }
        guard (0.98...1).contains(trainer.coverage) else {
            throw UsageError("--coverage \(trainer.coverage); wanted 0.98 to 1")
        }
        guard (1...1_000_000_000).contains(paragraphs) else {
            throw UsageError("--paragraphs \(paragraphs); wanted 1 to 1,000,000,000")
        }
    }

    /// Writes the folder of a vocabulary, in place of an older one.
    ///
    /// - Throws: `TokenizationError` where other files lie there or the text cannot fill it, `CheckpointError` where it is no
    ///   folder, and what reading text throws.
    public func run(into output: String, _ observer: some RunObserver) throws {
        let folder = URL(fileURLWithPath: output)
        try AtomicFolder.check(folder)
        try RunFolder.checkNoModel(above: folder)
        if let other = try TokenizerFolder.strangeFile(in: folder) {
            throw TokenizationError(output, "holds \(other); wanted a new folder, or one of a vocabulary alone")
        }
        let earlier = try? TokenizerFolder.load(folder)
        let text = try SampleData.text(input)
        if let note = text.note { observer.line(note) }
        var characters = CharacterCounts()
        let tokenizer = try Heartbeat.during { try train(on: text, $0, &characters) }
        try AtomicFolder.write(to: folder) { try OutputFile.write(TokenizerFolder.files(of: tokenizer), to: $0) }
        if let earlier, earlier.fingerprint != tokenizer.fingerprint {
            observer.line(
                "note: \(output): another vocabulary stood there, of \(Show.grouped(earlier.vocabularySize)) pieces; runs "
                    + "begun with it continue with --vocabulary RUN/step-N, which has a copy")
        }
        observer.line("\(output): \(Show.grouped(tokenizer.vocabularySize)) pieces, SHA-256 \(tokenizer.fingerprint)")
        for note in [characters.note(on: tokenizer), TokenizerFolder.objection(tokenizer)] {
            if let note { observer.line("note: \(note)") }
        }
    }

    /// Tells of what is read; the library says nothing while it trains.
    private func train(
        on text: TextFiles, _ heartbeat: Heartbeat, _ characters: inout CharacterCounts
    ) throws -> SentencePieceTokenizer {
        let paragraphs = trainer.paragraphLimit
        heartbeat.enter("counting paragraphs")
        let reader = try ParagraphReader(text, atMost: paragraphs) {
            heartbeat.enter("counting paragraphs, \(Show.percent($0))")
        }
        var count = 0
        return try trainer.train {
            if count % 1024 == 0 { heartbeat.enter("reading, \(Show.percent(reader.share))") }
            let paragraph = try reader.next()
            count += paragraph == nil ? 0 : 1
            paragraph.map { characters.add($0) }
            if paragraph == nil || count == paragraphs {
                heartbeat.enter("training on \(Show.grouped(count)) paragraphs")
            }
            return paragraph
        }
    }
}
