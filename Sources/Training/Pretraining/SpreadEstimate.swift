import Options

/// What the steps of a run would take on several machines like this one, a rank each: every rank has its share of a step, and sends
/// and receives gradients and weights, n (R - 1) / R numbers of both.
///
/// Gradients are on their way while a rank's last passes go back, which is two thirds of what these take, but for those of tables
/// that are done with its end alone. That is the most that can be hidden; weights, and what passes do to messages by the way, are
/// counted as if nothing were.
public struct SpreadEstimate: Sendable {
    public let ranks: Int
    public let network: Network
    /// Bytes that a rank sends, and receives, in a step.
    public let bytesAStep: Double
    public let secondsPerStep: Double
    public let tokensPerSecond: Double
    /// Of a step's time, what waits for the network.
    public let waiting: Double
    /// Of the network's time, what backward hides.
    public let hidden: Double

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

    /// Of a pass, whose products are one forward and two backward.
    private static let backward = 2.0 / 3

    public init(_ estimate: PretrainingEstimate, ranks: Int, _ network: Network) {
        (self.ranks, self.network) = (ranks, network)
        let numbers = Double(estimate.parameters) * Double(ranks - 1) / Double(ranks)
        func seconds(_ bytes: Double) -> Double {
            bytes * 8 / (Self.efficiency * network.bitsPerSecond) + Double(ranks - 1) * Self.latency
        }
        let (gradients, weights) = (numbers * Double(estimate.gradientBytes), 4 * numbers)
        bytesAStep = gradients + weights
        let work = estimate.secondsPerStep / Double(ranks)
        let rounds = max(1, Double(estimate.tokensPerStep) / Double(ranks * estimate.tokensPerRound))
        let behind = min(seconds(gradients) * (1 - estimate.lateShare), work / rounds * Self.backward)
        let wire = seconds(gradients) + seconds(weights)
        secondsPerStep = work + wire - behind
        tokensPerSecond = Double(estimate.tokensPerStep) / secondsPerStep
        waiting = (wire - behind) / secondsPerStep
        hidden = wire > 0 ? behind / wire : 0
    }
}
