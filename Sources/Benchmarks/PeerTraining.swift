/// A script of PyTorch that does the step of a `TrainingShape`.
public struct PeerTraining: Sendable {
    public let script: PeerScript
    /// Whether the script is asked for `torch.compile`.
    public let compiles: Bool

    public init(_ script: PeerScript, compiles: Bool) {
        (self.script, self.compiles) = (script, compiles)
    }

    /// What the script prints as its last line.
    public struct Report: Decodable, Sendable {
        public let tokensPerSecond: Double
        public let peakMegabytes: Int

        private enum CodingKeys: String, CodingKey {
            case tokensPerSecond = "tokens_per_second"
            case peakMegabytes = "peak_mib"
        }
    }

    /// One run, of `steps` steps after the script's own two of warm-up.
    ///
    /// - Throws: `PeerScript.Failure`.
    public func run(_ shape: TrainingShape, steps: Int) throws -> Report {
        try script.run(
            [
                "--layers", "\(shape.layers)", "--hidden", "\(shape.hidden)", "--batch", "\(shape.batch)", "--length",
                "\(shape.length)", "--vocab", "\(shape.vocabulary)", "--steps", "\(steps + 2)", "--threads",
                "\(shape.threads)", "--precision", shape.precision.rawValue,
            ] + (compiles ? ["--compile"] : []), quiet: true)
    }
}
