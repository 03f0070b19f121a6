import Bert
import Checkpoints
import Communication
import Console
import Corpora
import Foundation
import Recipes
import Tokenization
import Training

/// A recipe with its files opened: tokenizer, tokenized text, and the encoder that fits them.
struct PretrainingSetup {
    let tokenizer: any Tokenizer
    let encoder: EncoderOptions
    let data: PretrainingData
    let baseline: UnigramBaseline

    /// Where tokenized text is kept.
    static let cache = URL(fileURLWithPath: "Checkpoints/tokens", isDirectory: true)

    /// - Throws: `TrainingError.interrupted` where this process, alone, is asked to stop while it tokenizes; what it has done is kept.
    init(
        _ recipe: PretrainingRecipe, _ observer: some RunObserver, _ interruption: Interruption = Interruption()
    ) throws {
        let tokenizer = try TokenizerFolder.load(at: recipe.vocabulary)
        // Words are masked by others.
        let special = tokenizer.special
        let reserved = Set([special.padding, special.unknown, special.classification, special.separator, special.mask])
        guard reserved.count < tokenizer.vocabularySize else {
            throw TokenizationError(recipe.vocabulary, "has special tokens alone; wanted pieces of words too")
        }
        self.tokenizer = tokenizer
        let rows = try recipe.checkpoint.map { try PretrainedStart.words(in: ModelPath.url($0)) }
        encoder = try recipe.encoderOptions(vocabularySize: tokenizer.vocabularySize, rows: rows ?? 0)
        guard let text = recipe.text else {
            throw CorpusError("corpus.text", "no text is named; pass --data DIR, or set corpus.text in the recipe")
        }
        let files = try SampleData.text(text)
        if let note = files.note { observer.line(note) }
        let corpus = try TokenizedCorpus(files, tokenizer, cache: Self.cache, ranks: Ranks.current) { progress in
            observer.status(progress.status)
            // Others would wait for a rank that stops by itself.
            if interruption.isRequested, Ranks.current.size == 1 { throw TrainingError.interrupted(step: 0) }
        }
        let split = try CorpusSplit(corpus, heldOut: recipe.heldOut)
        let options = recipe.options
        baseline = UnigramBaseline(corpus, split, vocabularySize: encoder.vocabulary)
        data = PretrainingData(
            training: ExampleSource(corpus, split, .training, options.examples, tokenizer, seed: options.seed),
            heldOut: ExampleSource(corpus, split, .heldOut, options.examples, tokenizer, seed: 0),
            tokenCounts: baseline.counts)
        let pairs = options.objective.flatMap { objective in
            options.examples.sentenceOrder
                ? "examples.sentenceOrder makes pairs, whose order \(objective) does not learn" : nil
        }
        for note in [TokenizerFolder.objection(tokenizer), encoder.noteOnDropout, pairs] {
            if let note { observer.line("note: \(note)") }
        }
        observer.line(
            "\(Show.grouped(corpus.documentCount)) documents, \(Show.count(corpus.tokenCount)) tokens, "
                + "\(Show.grouped(data.training.count(epoch: 0))) examples an epoch, vocabulary of "
                + "\(Show.grouped(tokenizer.vocabularySize))")
        let strange = Self.strangeness(
            baseline.counts[Int(tokenizer.special.unknown)], of: baseline.counts.reduce(0, +))
        for problem in [
            split.surplus(of: corpus, over: recipe.heldOut), split.copies(in: corpus), data.training.shortage, strange,
        ] {
            if let problem { observer.line("warning: \(problem)") }
        }
    }
    /// Where one in a hundred tokens or more is unknown, a line about it; or else nil.
    static func strangeness(_ unknown: Int, of tokens: Int) -> String? {
        let share = Double(unknown) / Double(max(1, tokens))
        guard share >= 0.01 else { return nil }
        return "\(Show.percent(share)) of the tokens are unknown to the vocabulary; wanted a vocabulary of such text"
    }
}

extension TokenizedCorpus.Progress {
    /// For people.
    var status: String {
        let share = Double(bytes) / Double(max(1, totalBytes))
        return "tokenizing: \(Show.percent(share)), \(Show.count(tokens)) tokens"
    }
}
