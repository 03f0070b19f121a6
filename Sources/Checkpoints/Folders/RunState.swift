import Foundation

/// What a run must remember beside parameters and moments, to continue to the same bits: `state.json`.
public struct RunState: Codable, Equatable, Sendable {
    /// 1 was a digest of the options, beside the model.
    public var format = 2
    /// Optimizer steps done, of how many.
    public var step: Int
    public var totalSteps: Int
    /// Where the next example comes from.
    public var epoch: Int
    public var index: Int
    /// Tokens trained on.
    public var tokens: Int
    /// Seconds of work, over all processes.
    public var seconds: Double
    /// The same times the cores that worked; nil where an earlier program did a part of it.
    public private(set) var coreSeconds: Double?
    /// Seconds since it began, over all processes, with what is no work: saving, for one. Nil of earlier programs.
    public var secondsPassed: Double?
    /// Bytes of all tensors at their most, over all processes; nil of earlier programs.
    public var peakBytes: Int?
    /// The best score so far, higher is better, and its step.
    public var bestScore: Double?
    public var bestStep: Int?
    /// The epochs that had ended by then; nil of earlier programs.
    public var bestEpoch: Int?
    /// All that fixes the result, by key: a run with another value anywhere cannot continue.
    public var identity: [String: String]
    /// The arithmetics that the run was computed by, in order; more than one give other bits than one alone.
    public var arithmetics: [String]
    /// The costs by which the run chooses between ways that round differently; nil of a program that had them fixed.
    public var routeCosts: [String: Double]?

    public init(totalSteps: Int, identity: [String: String], arithmetic: String) {
        step = 0
        self.totalSteps = totalSteps
        epoch = 0
        index = 0
        tokens = 0
        seconds = 0
        coreSeconds = 0
        self.identity = identity
        arithmetics = [arithmetic]
    }

    /// Counts work of so many cores.
    public mutating func add(seconds: Double, cores: Int) {
        self.seconds += seconds
        coreSeconds = coreSeconds.map { $0 + seconds * Double(cores) }
    }

    /// Remembers `score` if it is the best so far, and says whether it is.
    public mutating func note(score: Double) -> Bool {
        guard score > bestScore ?? -.infinity else { return false }
        bestScore = score
        bestStep = step
        bestEpoch = epoch
        return true
    }

    /// Brings what earlier programs did not remember.
    ///
    /// - Parameter ends: after how many steps each of so many epochs has ended.
    public mutating func completeBestEpoch(_ ends: (_ epochs: Int) -> [Int]) {
        guard bestEpoch == nil, let bestStep else { return }
        bestEpoch = ends(epoch).count { $0 <= bestStep }
    }

    /// `seed 1, now 9`, for every key whose value is another in `identity`, in order; digests by their first digits.
    public func differences(from identity: [String: String]) -> [String] {
        func text(_ value: String?) -> String {
            guard let value else { return "unset" }
            return value.count == 64 && value.allSatisfy(\.isHexDigit) ? "\(value.prefix(8))…" : value
        }
        return Set(self.identity.keys).union(identity.keys).sorted().compactMap { key in
            let (begun, now) = (self.identity[key], identity[key])
            let isUnknown = begun == nil && Self.later.contains(key)
            guard !isUnknown, begun != now else { return nil }
            let earlier = begun == nil ? Self.earlierValues[key] : nil
            let was = earlier.map { "\($0) (as all were then: --set \(key)=\($0) goes on)" } ?? text(begun)
            return "\(Self.recipeKeys[key] ?? key) \(was), now \(text(now))"
        }
    }

    /// What runs were begun with before there was such a key.
    private static let earlierValues = ["examples.pairEnds": "anywhere"]

    /// As recipes have them, where an identity has other keys.
    private static let recipeKeys = [heldOut: "evaluation.sequences", "every": "evaluation.every"]

    /// Keys of an identity: the order of a text, and what chooses a checkpoint. Runs of earlier programs say nothing of them, and
    /// are continued without.
    public static let (textOrder, devRows, heldOut) = ("textOrder", "devRows", "heldOutSequences")
    public static let later: Set = [textOrder, devRows, heldOut]

    static let fileName = "state.json"

    /// Reads the state after `step` and checks it for what no run writes.
    ///
    /// - Throws: `CheckpointError` that names the first value that cannot be.
    public init(of folder: URL, step: Int) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        guard let data = try? Data(contentsOf: url), let state = try? JSONDecoder().decode(Self.self, from: data) else {
            throw CheckpointError(url, "missing or damaged: cannot continue from here")
        }
        self = state
        guard format == 2 else { throw CheckpointError(url, "format is \(format); wanted 2") }
        try check("step", self.step, 1...1 << 40, url)
        guard self.step == step else { throw CheckpointError(url, "step is \(self.step); wanted \(step)") }
        // More than any budget has.
        try check("totalSteps", totalSteps, step...1 << 50, url)
        try check("epoch", epoch, 0...1 << 31, url)
        try check("index", index, 0...1 << 40, url)
        try check("tokens", tokens, 0...1 << 56, url)
        if let peakBytes { try check("peakBytes", peakBytes, 0...1 << 56, url) }
        if let bestStep { try check("bestStep", bestStep, 1...step, url) }
        if let bestEpoch { try check("bestEpoch", bestEpoch, 0...epoch, url) }
        try check("seconds", seconds, 0...1e12, url)
        if let coreSeconds { try check("coreSeconds", coreSeconds, 0...1e16, url) }
        if let secondsPassed { try check("secondsPassed", secondsPassed, 0...1e12, url) }
    }

    /// - Throws: `CheckpointError` where the run has not so many epochs, or the epoch so many examples.
    public func check(epochs: Int, examples: (_ epoch: Int) -> Int, _ folder: URL) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        try check("epoch", epoch, 0...epochs, url)
        try check("index", index, 0...(epoch < epochs ? examples(epoch) : 0), url)
    }

    private func check<Value: Comparable>(
        _ name: String, _ value: Value, _ range: ClosedRange<Value>, _ url: URL
    ) throws {
        guard range.contains(value) else {
            throw CheckpointError(url, "\(name) is \(value); wanted \(range.lowerBound) to \(range.upperBound)")
        }
    }

    public func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try OutputFile.write(try encoder.encode(self), to: folder.appendingPathComponent(Self.fileName))
    }
}
