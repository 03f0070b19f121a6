import Autograd
import Bert
import Corpora
import Foundation
import Options
import Tensors

/// How large the generator is beside the encoder.
public struct GeneratorOptions: Sendable, Equatable, Codable {
    /// Share of the heads, and so of the width, that it has.
    public var width: Double

    public init(width: Double = 0.25) { self.width = width }

    /// A share, which is none where it is the default: a value that is there changes the identity of a run.
    static var format: Format<GeneratorOptions?> {
        let share = Format<Double>.share
        return Format(
            share.wanted, read: { text in share.read([text]).map { $0 == Self().width ? nil : Self(width: $0) } },
            text: { share.texts(($0 ?? Self()).width)[0] })
    }

    /// The generator of an encoder: as deep, with heads as wide.
    public func encoder(of options: EncoderOptions) -> EncoderOptions {
        var generator = options
        generator.heads = max(1, Int((width * Double(options.heads)).rounded()))
        generator.width = generator.heads * (options.width / options.heads)
        generator.intermediate = max(1, options.intermediate * generator.width / options.width)
        // Sums over fewer columns as large as those of the encoder.
        if options.looksAtNeighbours {
            generator.initializerRange *= (Float(options.width) / Float(generator.width)).squareRoot()
        }
        return generator
    }
}

/// -log p(word) of the masked words by a small generator, plus 50 times -log p(original or replaced) of all tokens by the encoder,
/// where samples of the generator stand in the place of the masked words (Clark et al. 2020, ELECTRA, section 2).
///
/// Both share the embeddings. Nothing flows through the samples, so the generator learns to be likely, not to deceive. What is
/// saved is the encoder, which has learned from every token. Pairs of segments are packed, but their order is not asked for.
///
/// It wants a smaller rate than masked words: at 1.2e-3 a 4x256 encoder says "original" of every token after 42M of them, at 3e-4 it
/// is ahead of that after 0.8M.
public struct ReplacedTokens: PretrainingObjective {
    public static let name = "replacedTokens"

    public let encoder: Encoder
    private let generator: Encoder
    private let words: MaskedLanguageModelHead
    private let transform: Dense
    private let classifier: Dense
    private let tokenCounts: [Int]

    /// Of the encoder's loss, a mean over many more tokens than the generator's.
    private static let weight: Float = 50
    private static let evaluationSeed: UInt64 = 0

    public init(
        _ options: EncoderOptions, _ training: PretrainingOptions, tokenCounts: [Int], _ layout: ParameterLayout
    ) {
        encoder = Encoder(options, layout, embeddingUses: 2)
        let small = (training.generator ?? GeneratorOptions()).encoder(of: options)
        generator = Encoder(small, sharing: encoder, layout.scope("generator"))
        words = MaskedLanguageModelHead(
            options, from: small.width, words: encoder.words, layout.scope("generator_predictions"))
        let scope = layout.scope("discriminator_predictions")
        transform = Dense(scope["dense"], from: options.width, to: options.width, options)
        classifier = Dense(scope["dense_prediction"], from: options.width, to: 2, options)
        self.tokenCounts = tokenCounts
    }

    /// Of the masked words, and of all tokens.
    public typealias Counts = Pair<Tally, Tally>

    public func count(_ examples: [PretrainingExample]) -> Counts {
        Counts(
            Tally(count: examples.reduce(0) { $0 + $1.maskedLabels.count }),
            Tally(count: examples.reduce(0) { $0 + $1.ids.count }))
    }

    public func pass(
        _ batch: Batch<PretrainingExample>, of whole: Counts, _ tape: Tape
    ) -> (loss: Variable, counts: () -> Counts) {
        let (rows, labels) = (batch.maskedRows, batch.maskedLabels)
        let kept = RowSelection(batch.tokens.layout, firstRowsAnd: rows)
        let (hidden, indices) = (generator(batch.tokens, tape, keeping: kept), kept.indices(of: rows))
        let random = tape.nextRandomStream() ?? RandomStream(seed: Self.evaluationSeed)
        let uniforms = uniforms(of: rows, batch.tokens.layout, random)
        let (masked, samples) = words.lossAndSamples(
            hidden, rows: indices, labels: labels, weight: whole.first.weight, uniforms)
        var ids = batch.tokens.ids
        for (row, sample) in zip(rows, samples) { ids[Int(row)] = sample }
        let replaced = PackedTokens(ids: ids, segments: batch.tokens.segments, layout: batch.tokens.layout)
        let isReplaced = zip(replaced.ids, originals(batch)).map { Int32($0 == $1 ? 0 : 1) }
        let found = classifier(transform(encoder(replaced, tape)).gelu(encoder.options.activation ?? .erf))
            .crossEntropy(isReplaced, weight: Self.weight * whole.second.weight)
        return (masked.variable + found.variable, { Counts(Tally(masked), Tally(found)) })
    }

    /// A random number for every masked place, of its sequence and its place there.
    private func uniforms(of rows: [Int32], _ layout: BatchLayout, _ random: RandomStream) -> [Float] {
        var sequence = 0
        return rows.map(Int.init).map { row in
            while row >= layout.offsets[sequence + 1] { sequence += 1 }
            return Float(random.stream(layout.keys[sequence]).uniform(UInt32(row - layout.offsets[sequence])))
        }
    }

    /// The tokens before they were masked.
    private func originals(_ batch: Batch<PretrainingExample>) -> [Int32] {
        batch.examples.flatMap { example in
            var ids = example.ids
            for (position, id) in zip(example.maskedPositions, example.maskedLabels) { ids[Int(position)] = id }
            return ids
        }
    }

    public func loss(_ counts: Counts) -> Double {
        counts.first.mean + Double(Self.weight) * counts.second.mean
    }

    public func figures(_ counts: Counts) -> [Figure] {
        [
            Figure("generatorLoss", counts.first.mean), Figure("replacedLoss", counts.second.mean),
            Figure("replacedAccuracy", counts.second.accuracy),
        ]
    }

    /// The best is that of the best generator: the encoder's task gets harder as it learns.
    public func heldOutFigures(_ counts: Counts) -> [Figure] {
        let (words, all) = (counts.first, counts.second)
        return [
            Figure("generatorLoss", words.mean), Figure("generatorPerplexity", exp(words.mean)),
            Figure("generatorAccuracy", words.accuracy), Figure("maskedTokens", Double(words.count)),
        ] + figures(counts).dropFirst() + [Figure(Self.unmasked, 1 - Double(words.count) / Double(max(1, all.count)))]
    }

    /// The share of tokens that nothing was put in the place of, and at least the accuracy of saying so of all.
    public static let unmasked = "unmaskedShare"

    /// Those of the generator.
    public func words(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable? {
        words.logits(generator(tokens, tape), rows: rows)
    }

    public func work(_ examples: [PretrainingExample]) -> Double {
        let (lengths, masked) = (examples.map(\.ids.count), Double(count(examples).first.count))
        let (tokens, width) = (Double(lengths.reduce(0, +)), Double(encoder.options.width))
        let small = Double(generator.options.width)
        let projection = 2 * tokens * width * small
        let heads = 2 * masked * width * (small + Double(encoder.options.vocabulary)) + 2 * tokens * width * (width + 2)
        let encoders =
            FloatingPointWork(generator.options).encoder(lengths: lengths, rows: Int(masked))
            + FloatingPointWork(encoder.options).encoder(lengths: lengths, rows: Int(tokens) - lengths.count)
        return 3 * (encoders + projection + heads)
    }

    public static func problemOnDevice(_ encoder: EncoderOptions, _ options: PretrainingOptions) -> DeviceProblem? {
        problemOnDevice((options.generator ?? GeneratorOptions()).encoder(of: encoder))
    }

    public var problemOnDevice: DeviceProblem? { Self.problemOnDevice(generator.options) }

    /// Heads are as wide as the encoder's, whose attention it has, and its blocks no wider.
    private static func problemOnDevice(_ generator: EncoderOptions) -> DeviceProblem? {
        guard generator.width % 8 != 0 || generator.intermediate % 8 != 0 else { return nil }
        return DeviceProblem(
            "generator.width",
            "generator.width makes a generator \(generator.width) wide, \(generator.intermediate) within its blocks; a GPU takes multiples of 8"
        )
    }

    public var architecture: String { "Model" }

    /// The encoder alone.
    public func isSaved(_ parameter: Parameter) -> Bool {
        parameter.name.hasPrefix("\(encoder.options.family.rawValue).")
    }

    public func initialize(_ weights: ModelWeights) {
        if !tokenCounts.isEmpty { words.begin(weights, withShares: tokenCounts) }
    }
}
