import Foundation
import Training

/// What `--dry-run` prints.
public struct EstimateTable {
    private let estimate: PretrainingEstimate

    public init(_ estimate: PretrainingEstimate) { self.estimate = estimate }

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
                        ", \(Show.percent($0)) of the measured \(Show.count(estimate.peak.operations))FLOP/s"
                    } ?? "; the machine is too busy to measure its peak")
            ),
            ("peak memory", Show.bytes(estimate.peakMemoryBytes)),
            ("disk", Show.bytes(estimate.diskBytes)),
            ("time to the end", Show.time(estimate.totalSeconds)),
        ]
        return rows.map { $0.padding(toLength: 17, withPad: " ", startingAt: 0) + $1 }.joined(separator: "\n")
    }
}
