import Console
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

    private let rounds: Int
    private let workers: Workers
    private let peer: PeerScript?
    private let precisions = Precision.allCases.filter(\.isAvailable)

    public init(rounds: Int, _ workers: Workers, peer: PeerScript?) {
        (self.rounds, self.workers, self.peer) = (rounds, workers, peer)
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

    /// Every form of every shape, each told to `line` as it is measured, and then their medians, and what share of the machine's
    /// peak these are.
    ///
    /// - Throws: `PeerScript.Failure`.
    public func records(_ shapes: [String], line tell: (String) -> Void) throws -> [Record] {
        var peaks: [Precision: PeakSpeed] = [:]
        let records = try shapes.flatMap { shape in
            try TimedProduct.Form.allCases.map { form in
                // Beside each, since what neighbours leave of a machine differs from minute to minute.
                for precision in precisions {
                    let peak = PeakSpeed.measure(workers, precision)
                    peaks[precision] = peaks[precision].map { $0.higher(peak) } ?? peak
                }
                let record = try record(shape, form)
                tell(line(shape, form.rawValue, record.speeds))
                return record
            }
        }
        let speeds = Dictionary(grouping: records.flatMap(\.speeds), by: \.key).mapValues { $0.map(\.value) }
        let medians = speeds.mapValues { median($0) }
        tell(line("median", "of all", medians))
        for precision in precisions {
            let own = [precision.rawValue, "PyTorch \(precision.rawValue)"]
            guard var peak = peaks[precision], let median = medians[own[0]] else { continue }
            // Whoever was faster shows that the peak is higher.
            own.flatMap { speeds[$0] ?? [] }.forEach { peak.reached($0) }
            tell("\(precision.rawValue): \(Show.percent(median / peak.operations)) of the \(peak.title)")
        }
        return records
    }

    private func line(_ shape: String, _ form: String, _ speeds: [String: Double]) -> String {
        [shape, form].map { $0.padding(toLength: 16, withPad: " ", startingAt: 0) }.joined()
            + speeds.sorted { $0.key < $1.key }.map { String(format: "%@ %.0f", $0, $1 * 1e-9) }.joined(separator: "  ")
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
