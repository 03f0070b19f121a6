import Foundation
import Training

/// What `--dry-run` prints.
public struct EstimateTable {
    private let estimate: PretrainingEstimate
    private let spread: SpreadEstimate?
    private let free: Int?

    /// - Parameters:
    ///   - spread: over several machines; nil for this one alone.
    ///   - free: bytes where the run would be; nil where that is not known.
    public init(_ estimate: PretrainingEstimate, _ spread: SpreadEstimate? = nil, free: Int?) {
        (self.estimate, self.spread, self.free) = (estimate, spread, free)
    }

    public var text: String {
        let rows: [(String, String)] = [
            ("parameters", Show.count(estimate.parameters)),
            ("steps", Show.grouped(estimate.totalSteps)),
            ("tokens a step", Show.grouped(estimate.tokensPerStep)),
            ("work a step", String(format: "%.1f GFLOP", estimate.workPerStep * 1e-9)),
            ("time a step", String(format: "%.3f s", estimate.secondsPerStep)),
            (
                "speed",
                "\(Show.count(estimate.tokensPerSecond)) tokens/s"
                    + (estimate.shareOfPeak.map {
                        ", \(Show.percent($0)) of the measured \(Show.count(1e-9 * estimate.peak.operations)) GFLOP/s"
                    } ?? "; the machine is too busy to measure its peak")
            ),
            ("peak memory", Show.bytes(estimate.peakMemoryBytes)),
            ("GPU memory", estimate.deviceBytes.map(Show.bytes) ?? ""),
            (
                "disk",
                Show.bytes(estimate.diskBytes)
                    + (free.map { $0 < estimate.diskBytes ? ", of which \(Show.bytes($0)) are free" : "" } ?? "")
            ),
            ("time to the end", Show.time(estimate.totalSeconds)),
        ].filter { !$0.1.isEmpty }
        let several = spread.map { spread in
            [
                (
                    "\(Show.grouped(spread.ranks)) ranks",
                    "\(Show.count(spread.tokensPerSecond)) tokens/s over \(Show.count(spread.network.bitsPerSecond))bit/s"
                ),
                ("sent by a rank", "\(Show.bytes(Int(spread.bytesAStep))) a step"),
                (
                    "for the network",
                    "\(Show.percent(spread.waiting)) of a step, at best: \(Show.percent(spread.hidden)) of its time is hidden"
                ),
            ]
        }
        return (rows + (several ?? [])).map { $0.padding(toLength: 17, withPad: " ", startingAt: 0) + $1 }.joined(
            separator: "\n")
    }
}
