import Autograd
import Bert
import Checkpoints
import Corpora

/// What an encoder learns from text without labels.
public protocol PretrainingObjective: Objective where Example == PretrainingExample, Result == Figures {
    /// As recipes call it.
    static var name: String { get }

    /// - Parameter tokenCounts: how often each id occurs in the text.
    init(_ encoder: EncoderOptions, _ options: PretrainingOptions, tokenCounts: [Int], _ layout: ParameterLayout)

    /// What held-out text tells; the first that is a loss chooses the best, the lowest, and where none is, that of training.
    func heldOutFigures(_ counts: Counts) -> [Figure]
    /// Logits of the vocabulary at `rows` of the packed tokens, [rows, vocabulary]; nil of an objective without words.
    func words(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable?
    /// What Hugging Face calls an encoder with these heads, behind its family: `ForMaskedLM`.
    var architecture: String { get }
    /// Why no GPU can run it, beside what stands against the encoder; nil where one can.
    static func problemOnDevice(_ encoder: EncoderOptions, _ options: PretrainingOptions) -> DeviceProblem?
}

/// All objectives that recipes name; the first is the default.
public let objectives: [any PretrainingObjective.Type] = [MaskedWords.self, ReplacedTokens.self]

extension PretrainingOptions {
    /// The objective that these options name.
    public var objectiveType: any PretrainingObjective.Type {
        if let objective { return objectives.first { $0.name == objective } ?? MaskedWords.self }
        return examples.sentenceOrder ? Sum<MaskedWords, SentenceOrder>.self : MaskedWords.self
    }
}

extension PretrainingObjective {
    public static var evaluationKind: String { "evaluation" }
    public static func problemOnDevice(_ encoder: EncoderOptions, _ options: PretrainingOptions) -> DeviceProblem? {
        nil
    }

    public func heldOutFigures(_ counts: Counts) -> [Figure] { figures(counts) }
    public func words(_ tokens: PackedTokens, rows: [Int32], _ tape: Tape) -> Variable? { nil }

    public func evaluate(
        _ examples: [PretrainingExample], _ weights: ModelWeights, _ cut: BatchCut
    ) throws(Diverged) -> HeldOut<Figures> {
        let counts = measure(examples, weights, cut)
        let figures = heldOutFigures(counts)
        guard figures.allSatisfy(\.value.isFinite) else { throw Diverged(loss: loss(counts)) }
        return HeldOut(
            result: Figures(figures + [Figure("sequences", Double(examples.count))]),
            score: -(figures.first { $0.unit == .loss }?.value ?? loss(counts)))
    }

    public var configuration: HuggingFaceConfiguration {
        HuggingFaceConfiguration(encoder.options, head: architecture)
    }
}
