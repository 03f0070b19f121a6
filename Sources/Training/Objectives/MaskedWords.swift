import Autograd
import Bert
import Corpora
import Foundation
import Tensors

/// -log p(word) of the words that were masked, a mean over all of a step (Devlin et al. 2019, section 3.1).
public struct MaskedWords: HiddenStateObjective {
    public static let name = "maskedWords"

    public let encoder: Encoder
    private let head: MaskedLanguageModelHead
    private let tokenCounts: [Int]

    /// - Parameter tokenCounts: empty where no fresh model begins with the words' shares.
    public init(on encoder: Encoder, tokenCounts: [Int] = [], _ layout: ParameterLayout) {
        self.encoder = encoder
        self.tokenCounts = tokenCounts
        head = MaskedLanguageModelHead(encoder.options, words: encoder.words, layout.scope("cls.predictions"))
    }

    public func count(_ examples: [PretrainingExample]) -> Tally {
        Tally(count: examples.reduce(0) { $0 + $1.maskedLabels.count })
    }

    public func rows(_ batch: Batch<PretrainingExample>) -> [Int32] {
        batch.maskedRows
    }

    public func loss(
        _ hidden: Variable, _ kept: RowSelection, _ batch: Batch<PretrainingExample>, of whole: Tally
    ) -> (loss: Variable?, counts: () -> Tally) {
        let loss = head.loss(
            hidden, rows: kept.indices(of: rows(batch)), labels: batch.maskedLabels,
            weight: whole.weight)
        return (loss.variable, { Tally(loss) })
    }

    public func loss(_ counts: Tally) -> Double { counts.mean }

    public func figures(_ counts: Tally) -> [Figure] {
        [Figure("maskedLoss", counts.mean), Figure("maskedAccuracy", counts.accuracy)]
    }

    public func heldOutFigures(_ counts: Tally) -> [Figure] { Self.heldOutFigures(counts) }

    /// What masked words tell, whoever predicts them.
    static func heldOutFigures(_ counts: Tally) -> [Figure] {
        [
            Figure("maskedLoss", counts.mean), Figure("perplexity", exp(counts.mean)),
            Figure("maskedAccuracy", counts.accuracy), Figure("maskedTokens", Double(counts.count)),
        ]
    }

    public func headWork(_ examples: [PretrainingExample]) -> (operations: Double, rows: Int) {
        let rows = count(examples).count
        let (width, vocabulary) = (Double(encoder.options.width), Double(encoder.options.vocabulary))
        return (2 * Double(rows) * width * (width + vocabulary), rows)
    }

    public var architecture: String { "ForMaskedLM" }

    public func initialize(_ weights: ModelWeights) {
        if !tokenCounts.isEmpty { head.begin(weights, withShares: tokenCounts) }
    }

    public func words(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable? {
        logits(tokens, rows: rows, tape)
    }

    /// Logits of the vocabulary at `rows` of the packed tokens, [rows, vocabulary].
    public func logits(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable {
        head.logits(encoder(tokens, tape), rows: rows)
    }
}

extension Batch<PretrainingExample> {
    /// The packed rows that are predicted, ascending.
    var maskedRows: [Int32] {
        var rows: [Int32] = []
        rows.reserveCapacity(examples.reduce(0) { $0 + $1.maskedPositions.count })
        for (first, example) in zip(tokens.layout.offsets, examples) {
            for position in example.maskedPositions { rows.append(Int32(first) + position) }
        }
        return rows
    }

    /// The words there.
    var maskedLabels: [Int32] { examples.joined(\.maskedLabels) }
}

extension MaskedLanguageModelHead {
    /// Lets the words begin with the logits of their shares of the text, `log((count + 1) / (Σ count + vocabulary))`.
    ///
    /// From zero, all the rare words must first be made unlikely, which the tied embeddings do by drifting in one common
    /// direction; that drowns positions and meanings, and holds a short run up for most of its time.
    func begin(_ weights: ModelWeights, withShares counts: [Int]) {
        let bias = weights.parameters.view(of: bias)
        precondition(counts.count == bias.count, "\(counts.count) counts for \(bias.count) words")
        let total = Double(counts.reduce(0, +) + counts.count)
        bias.copy(from: counts.map { Float(log(Double($0 + 1) / total)) })
    }
}
