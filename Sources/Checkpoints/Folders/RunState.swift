import Foundation

/// What a run must remember beside parameters and moments, to continue to the same bits: `state.json`.
public struct RunState: Codable, Equatable, Sendable {
    public var format = 1
    /// Optimizer steps done, of how many.
    public var step: Int
    public var totalSteps: Int
    /// Where the next example comes from.
    public var epoch: Int
    public var index: Int
    /// Tokens trained on.
    public var tokens: Int
    /// Seconds of work, over all sittings.
    public var seconds: Double
    /// The best score so far, higher is better, and its step.
    public var bestScore: Double?
    public var bestStep: Int?
    /// SHA-256 of the tokenizer, and of the options that fix the result: another one cannot continue.
    public var tokenizer: String
    public var options: String

    public init(totalSteps: Int, tokenizer: String, options: String) {
        step = 0
        self.totalSteps = totalSteps
        epoch = 0
        index = 0
        tokens = 0
        seconds = 0
        self.tokenizer = tokenizer
        self.options = options
    }

    /// Remembers `score` if it is the best so far, and says whether it is.
    public mutating func note(score: Double) -> Bool {
        guard score > bestScore ?? -.infinity else { return false }
        bestScore = score
        bestStep = step
        return true
    }

    static let fileName = "state.json"

    public init(of folder: URL) throws {
        let url = folder.appendingPathComponent(Self.fileName)
        guard let data = try? Data(contentsOf: url), let state = try? JSONDecoder().decode(Self.self, from: data) else {
            throw CheckpointError(url, "missing or damaged: cannot continue from here")
        }
        self = state
    }

    public func write(to folder: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try OutputFile.write(try encoder.encode(self), to: folder.appendingPathComponent(Self.fileName))
    }
}
