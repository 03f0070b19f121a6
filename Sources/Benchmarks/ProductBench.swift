import Experiments
import Foundation
import Tasks
import Tensors
import Training

/// Speeds of the three products of dense layers, in every precision that the CPU has, in rounds of all in turn.
public struct ProductBench {
    /// A product's speed in operations a second on all threads.
    public struct Record: Codable {
        public var shape: String
        public var form: TimedProduct.Form
        /// By precision: medians.
        public var speeds: [String: Double]
    }

    /// Operations a second that this machine reaches, by precision.
    public let peaks: [String: Double]
    private let rounds: Int
    private let workers: Workers
    private let peer: PeerScript?
    private let precisions = Precision.allCases.filter(\.isAvailable)

    /// Measures the peaks.
    public init(rounds: Int, _ workers: Workers, peer: PeerScript?) {
        (self.rounds, self.workers, self.peer) = (rounds, workers, peer)
        peaks = Dictionary(
            uniqueKeysWithValues: precisions.map { ($0.rawValue, PeakSpeed.measure(workers, $0).operations) })
    }

    /// Numbers of the largest matrix.
    public static let largest = 1 << 28

    /// Rows, outputs and inputs of `shape`, as 512x3072x768.
    ///
    /// - Throws: `UsageError` for another text, or where a matrix is larger than `largest`.
    public static func sizes(_ shape: String) throws -> [Int] {
        let sizes = shape.split(separator: "x").compactMap { Int($0) }
        guard sizes.count == 3, sizes.allSatisfy({ (1...1 << 20).contains($0) }),
            [sizes[0] * sizes[1], sizes[1] * sizes[2], sizes[0] * sizes[2]].allSatisfy({ $0 <= largest })
        else {
            throw UsageError(
                "--shapes \(shape): wanted ROWSxOUTPUTSxINPUTS, for example 512x3072x768, matrices of at most \(largest) "
                    + "numbers")
        }
        return sizes
    }

    public var peakLines: [String] {
        peaks.sorted { $0.key < $1.key }.map { String(format: "%@ peak %.0f", $0, $1 * 1e-9) }
    }

    /// The speeds of a record, and their shares of the peak.
    private func line(_ record: Record) -> String {
        let speeds = record.speeds.sorted { $0.key < $1.key }.map { name, speed in
            String(format: "%@ %.0f", name, speed * 1e-9)
                + (peaks[name].map { String(format: " (%.0f%%)", 100 * speed / $0) } ?? "")
        }
        return record.shape.padding(toLength: 16, withPad: " ", startingAt: 0)
            + record.form.rawValue.padding(toLength: 16, withPad: " ", startingAt: 0) + speeds.joined(separator: "  ")
    }

    /// Every form of every shape, each told to `line` as it is measured.
    ///
    /// - Throws: `PeerScript.Failure`.
    public func records(_ shapes: [String], line tell: (String) -> Void) throws -> [Record] {
        try shapes.flatMap { shape in
            try TimedProduct.Form.allCases.map { form in
                let record = try record(shape, form)
                tell(line(record))
                return record
            }
        }
    }

    /// - Throws: `PeerScript.Failure`.
    private func record(_ shape: String, _ form: TimedProduct.Form) throws -> Record {
        let sizes = try Self.sizes(shape)
        var times: [String: [Double]] = [:]
        let products = precisions.map {
            ($0, TimedProduct(rows: sizes[0], outputs: sizes[1], inputs: sizes[2], form, $0, workers))
        }
        for _ in 0..<rounds {
            for (precision, product) in products {
                times[precision.rawValue, default: []].append(product.seconds() / product.work)
            }
            // As many products as there are threads.
            let arguments = sizes.map { "\($0)" } + [form.rawValue, "\(workers.threads)"]
            let seconds: [String: Double] = try peer?.run(arguments) ?? [:]
            for (name, seconds) in seconds {
                times["PyTorch \(name)", default: []].append(seconds / products[0].1.work)
            }
        }
        return Record(shape: shape, form: form, speeds: times.mapValues { 1 / median($0) })
    }
}
