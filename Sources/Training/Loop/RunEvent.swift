import Checkpoints
import Foundation

/// What a run tells while it works; how it looks is the caller's affair.
public enum RunEvent<Result: EvaluationResult>: Sendable {
    /// The run begins at `step` (0, or where it was left) of `totalSteps`; `fresh` are the parameters that no checkpoint brought,
    /// where one brought others.
    case started(step: Int, totalSteps: Int, parameters: Int, fresh: [String])
    case step(StepReport)
    case evaluated(EvaluationReport<Result>)
    case saved(step: Int, URL)
    /// Something was passed over that the user should know of.
    case warning(String)
}

/// One optimizer step; a line of `metrics.jsonl`.
public typealias StepReport = LogLine<StepHead, Figures>
extension StepReport {
    /// For curves, by the names of what they are of.
    var scalars: [(tag: String, value: Double)] {
        var scalars = [
            ("loss", head.loss), ("rate", Double(head.rate)), ("gradientNorm", head.gradientNorm),
            ("tokensPerSecond", head.tokensPerSecond),
        ]
        if let share = head.shareOfPeak { scalars.append(("shareOfPeak", share)) }
        if let bytes = head.memoryBytes { scalars.append(("memoryBytes", Double(bytes))) }
        return (scalars + body.figures.map { ($0.name, $0.value) }).map { ("training/\($0)", $1) }
    }
}

/// What held-out examples gave at one step; a line of `metrics.jsonl`.
public typealias EvaluationReport<Result: EvaluationResult> = LogLine<EvaluationHead, Result>

/// What every line of its kind has, and beside it in the same JSON object what the objective tells.
@dynamicMemberLookup
public struct LogLine<Head: LogHead, Body: Codable & Equatable & Sendable>: Codable, Equatable, Sendable {
    public let head: Head
    public let body: Body

    init(_ head: Head, _ body: Body) { (self.head, self.body) = (head, body) }

    public init(from decoder: any Decoder) throws {
        (head, body) = (try Head(from: decoder), try Body(from: decoder))
        guard head.counts.allSatisfy((0...1 << 56).contains), head.times.allSatisfy({ $0 >= 0 }) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "counts or seconds that no run has"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        try head.encode(to: encoder)
        try body.encode(to: encoder)
    }

    public subscript<Value>(dynamicMember path: KeyPath<Head, Value>) -> Value { head[keyPath: path] }
    public subscript<Value>(dynamicMember path: KeyPath<Body, Value>) -> Value { body[keyPath: path] }
}

/// What stands in every line of a kind.
public protocol LogHead: Codable, Equatable, Sendable {
    /// Of steps, epochs and tokens; sums and differences of those that a run has are numbers too.
    var counts: [Int] { get }
    /// Seconds of work.
    var times: [Double] { get }
}

/// The last line of a run whose loss, or held-out loss, was no number any more.
struct DivergenceReport: Encodable {
    static let kind = "diverged"

    private let kind = Self.kind
    let step: Int
    /// In words, for JSON has no such numbers.
    let loss: String
}

public struct StepHead: LogHead {
    public static let kind = "step"
    public private(set) var kind = Self.kind
    /// Steps done, this one included.
    public let step: Int
    public let totalSteps: Int
    public let epoch: Int
    /// The mean loss of the step, which is learned from.
    public let loss: Double
    public let rate: Float
    /// Global norm before clipping.
    public let gradientNorm: Double
    /// Tokens of the step and of the run so far.
    public let tokens: Int?
    public let totalTokens: Int?
    public let rowsPerSecond: Double?
    public let tokensPerSecond: Double
    /// Products of the step over the measured peak of the machine; nil where it was too busy to measure one.
    public let shareOfPeak: Double?
    /// Of a GPU what the run has taken, else what its process holds; nil where the system does not tell, and of an earlier program.
    public let memoryBytes: Int?
    /// Seconds of work so far, over all processes.
    public let seconds: Double

    public var counts: [Int] { [step, totalSteps, epoch, tokens ?? 0, totalTokens ?? 0, memoryBytes ?? 0] }
    public var times: [Double] { [seconds] }
    /// The keys of `counts` and of `times`.
    static let counted = Set(
        [CodingKeys.step, .totalSteps, .epoch, .tokens, .totalTokens, .memoryBytes].map(\.rawValue))
    static let timed = Set([CodingKeys.seconds.rawValue])

    /// Seconds to the end at the speed so far.
    public var secondsLeft: Double { seconds / Double(step) * Double(totalSteps - step) }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, step, totalSteps, epoch, loss, rate, gradientNorm, tokens, totalTokens, rowsPerSecond
        case tokensPerSecond, shareOfPeak, memoryBytes, seconds
    }
}

public struct EvaluationHead: LogHead {
    /// Of an objective.
    public let kind: String
    public let step: Int
    /// Epochs that have begun, the last of which may have ended.
    public let epoch: Int
    /// Mean loss of the steps since the last evaluation; nil where a log that was lost told of them.
    public let trainingLoss: Double?
    public let isBest: Bool
    /// False where the best is the last, whatever its score; nil otherwise.
    public let isChosen: Bool?
    public let totalTokens: Int
    /// Seconds of work so far, over all processes, and the same times the cores that worked; nil of earlier programs.
    public let seconds: Double
    public let coreSeconds: Double?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, step, epoch, trainingLoss, isBest, isChosen, totalTokens, seconds, coreSeconds
    }
}

extension EvaluationHead {
    /// What is told of it.
    public var mark: String? { isBest && isChosen != false ? "the best so far" : nil }
    public var counts: [Int] { [step, epoch, totalTokens] }
    public var times: [Double] { [seconds, coreSeconds ?? 0] }

    /// Logs of earlier programs lack some of the keys.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        kind = try values.decode(String.self, forKey: .kind)
        step = try values.decode(Int.self, forKey: .step)
        epoch = try values.decodeIfPresent(Int.self, forKey: .epoch) ?? 0
        trainingLoss = try values.decodeIfPresent(Double.self, forKey: .trainingLoss)
        isBest = try values.decodeIfPresent(Bool.self, forKey: .isBest) ?? false
        isChosen = try values.decodeIfPresent(Bool.self, forKey: .isChosen)
        totalTokens = try values.decodeIfPresent(Int.self, forKey: .totalTokens) ?? 0
        seconds = try values.decode(Double.self, forKey: .seconds)
        coreSeconds = try values.decodeIfPresent(Double.self, forKey: .coreSeconds)
    }
}

extension Array {
    /// The best of the evaluations of the run in `folder` whose model was saved.
    public func best<Result>(savedIn folder: URL) -> Element? where Element == EvaluationReport<Result> {
        last { $0.isBest && RunFolder.mayHaveSaved($0.step, in: folder) }
    }
}
