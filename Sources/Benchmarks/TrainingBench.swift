import Console
import Cuda
import Foundation
import Tasks
import Tensors
import Training

/// Tokens a second of pretraining steps of one shape and where their time goes, ours and a peer's in turn.
public struct TrainingBench {
    /// What was measured in one precision.
    public struct Result: Codable {
        public var precision: Precision
        /// Medians.
        public var tokensPerSecond: Double
        public var shareOfPeak: Double
        public var peerTokensPerSecond: Double?
        public var peerPeakMegabytes: Int?
        public var phases: [StepProfile.Row]
        /// Of a GPU's memory, that is taken.
        public var deviceBytes: Int?
    }

    public let result: Result
    /// Operations a second in products, and what this machine reaches.
    public let speed: Double
    public let peak: PeakSpeed
    /// Where a GPU's time goes.
    private let kernels: [KernelTimes.Row]
    private let steps: Int
    /// A token, of a classifier.
    private let rows: Double?

    /// Measures `rounds` rounds of `steps` steps, each of which is told to `line`.
    ///
    /// - Throws: `PeerScript.Failure`.
    public init(
        _ shape: TrainingShape, _ workers: Workers, rounds: Int, steps: Int, peer: PeerTraining?,
        line: (String) -> Void
    ) throws {
        let training = try TimedTraining(shape)
        var peak = training.peak(workers)
        var (ours, theirs): ([Double], [PeerTraining.Report]) = ([], [])
        for round in 1...rounds {
            let speed = Double(shape.tokens) / median(training.seconds(ofSteps: steps))
            ours.append(speed)
            let report = try peer?.run(shape, steps: steps)
            theirs += report.map { [$0] } ?? []
            line(
                String(format: "%@ round %d: %.0f tokens/s", shape.precision.rawValue, round, speed)
                    + (report.map { String(format: ", PyTorch %.0f tokens/s", $0.tokensPerSecond) } ?? ""))
            // Each time, since what neighbours leave of a machine differs from minute to minute.
            peak = peak.higher(training.peak(workers))
        }
        speed = training.work / Double(shape.tokens) * median(ours)
        peak.reached(speed)
        self.peak = peak
        result = Result(
            precision: shape.precision, tokensPerSecond: median(ours), shareOfPeak: speed / peak.operations,
            peerTokensPerSecond: theirs.isEmpty ? nil : median(theirs.map(\.tokensPerSecond)),
            peerPeakMegabytes: theirs.map(\.peakMegabytes).max(), phases: training.profile(ofSteps: steps),
            deviceBytes: training.deviceBytes)
        kernels = shape.device == .cpu ? [] : training.kernels(ofSteps: steps)
        self.steps = steps
        rows = shape.classifies ? Double(shape.batch) / Double(shape.tokens) : nil
    }

    /// What was measured, and the phases of a step.
    public var lines: [String] {
        var head = String(
            format: "%@: %.0f tokens/s, %.0f GFLOP/s in products, %@ of the %@", result.precision.rawValue,
            result.tokensPerSecond, speed * 1e-9, Show.percent(result.shareOfPeak), peak.title)
        if let rows { head += String(format: ", %.0f examples/s", result.tokensPerSecond * rows) }
        if let peer = result.peerTokensPerSecond {
            head += String(format: "; PyTorch %.0f tokens/s, ratio %.2f", peer, result.tokensPerSecond / peer)
            if let peak = result.peerPeakMegabytes { head += ", \(Show.bytes(peak << 20))" }
        }
        if let bytes = result.deviceBytes { head += ", \(Show.bytes(bytes)) of its memory" }
        let kernels = KernelTable(kernels, ofSteps: steps).lines
        return [head] + (kernels.isEmpty ? PhaseTable(rows: result.phases).lines : kernels)
    }
}

/// What a run of several precisions leaves as a file.
public struct TrainingReport: Encodable {
    var machine: String
    var layers, hidden, vocabulary, batch, length: Int
    var attention: String
    var threads: Int
    /// Largest resident size of all results.
    public private(set) var peakBytes: Int
    var results: [TrainingBench.Result]

    public init(_ shape: TrainingShape, attention: String, _ results: [TrainingBench.Result]) {
        machine = MachineFacts.cpuName
        (layers, hidden, vocabulary) = (shape.layers, shape.hidden, shape.vocabulary)
        (batch, length, threads) = (shape.batch, shape.length, shape.threads)
        (self.attention, self.results) = (attention, results)
        peakBytes = ProcessMemory.peakBytes
    }
}

extension PeakSpeed {
    /// For people.
    var title: String { String(format: "measured %.0f%@", operations * 1e-9, isBusy ? " of a busy machine" : "") }
}
