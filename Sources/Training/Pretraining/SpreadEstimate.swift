import Options

/// What the steps of a run would take on several machines like this one, a rank each: every rank has its share of a step, then sends
/// and receives gradients and weights, n (R - 1) / R numbers of both, and waits for them.
public struct SpreadEstimate: Sendable {
    public let ranks: Int
    public let network: Network
    /// Bytes that a rank sends, and receives, in a step.
    public let bytesAStep: Double
    public let secondsPerStep: Double
    public let tokensPerSecond: Double
    /// Of a step's time, what waits for the network.
    public let waiting: Double

    /// A network by the speed of every machine's link, in both directions at once.
    public struct Network: Sendable {
        public let bitsPerSecond: Double

        /// `25Gbit`, `1000Mbit`; nil where the text is neither.
        public init?(_ text: String) {
            guard let unit = ["Gbit": 1e9, "Mbit": 1e6].first(where: { text.hasSuffix($0.key) }),
                let value = Scalar.number(String(text.dropLast(unit.key.count))), value > 0
            else { return nil }
            bitsPerSecond = value * unit.value
        }
    }

    /// The share of a link that messages get: 943 ms for all-reducing 110 MB over 1 Gbit/s, 880 ms of them on the wire.
    private static let efficiency = 0.93
    /// Seconds until a message of no length arrives, over TCP.
    private static let latency = 30e-6

    public init(_ estimate: PretrainingEstimate, ranks: Int, _ network: Network) {
        (self.ranks, self.network) = (ranks, network)
        let share = Double(ranks - 1) / Double(ranks)
        bytesAStep = 2 * 4 * Double(estimate.parameters) * share
        let wire =
            bytesAStep * 8 / (Self.efficiency * network.bitsPerSecond) + 2 * Double(ranks - 1) * Self.latency
        secondsPerStep = estimate.secondsPerStep / Double(ranks) + wire
        tokensPerSecond = Double(estimate.tokensPerStep) / secondsPerStep
        waiting = wire / secondsPerStep
    }
}
